/** What ends within the next ninety days, for the timeline: the secrets, the sign-ins nobody uses, and the APIs. */
import type { CustomerView } from '../contract/CustomerView';
import type { SourceView } from '../contract/SourceView';
import { days_until } from '../format';

/** Days that the timeline shows. */
export const SPAN = 90;

export type Lane = 'secret' | 'sign-in' | 'api';
export const LANES: readonly Lane[] = ['secret', 'sign-in', 'api'];

/** Everything of one kind that ends on one day. */
export interface Mark {
  lane: Lane;
  on: string;
  days: number;
  /** Names of customers; for an API, of those that use it. */
  customers: string[];
  /** The name of the API. */
  api: string | null;
}

interface One {
  lane: Lane;
  on: string;
  customer: string;
  api: string | null;
}

function all(customers: readonly CustomerView[], sources: readonly SourceView[]): One[] {
  return customers.flatMap((customer) => {
    const source = sources.find((one) => one.id === customer.source);
    const found: One[] = [];
    if (customer.registration?.secret_expires) {
      found.push({ lane: 'secret', on: customer.registration.secret_expires, customer: customer.name, api: null });
    }
    if (customer.consent?.unused_until) {
      found.push({ lane: 'sign-in', on: customer.consent.unused_until, customer: customer.name, api: null });
    }
    if (source?.ends && !source.ended) {
      found.push({ lane: 'api', on: source.ends, customer: customer.name, api: source.name });
    }
    return found;
  });
}

/** The marks from today on, the next first, and how many ends are past. */
export function marks(customers: readonly CustomerView[], sources: readonly SourceView[]): { ahead: Mark[]; past: number } {
  const ahead = new Map<string, Mark>();
  let past = 0;
  for (const { lane, on, customer, api } of all(customers, sources)) {
    const days = days_until(on);
    if (days < 0) {
      past += 1;
    } else if (days <= SPAN) {
      const key = `${lane} ${days} ${api ?? ''}`;
      const mark = ahead.get(key) ?? { lane, on, days, customers: [], api };
      mark.customers.push(customer);
      ahead.set(key, mark);
    }
  }
  return { ahead: [...ahead.values()].sort((a, b) => a.days - b.days || LANES.indexOf(a.lane) - LANES.indexOf(b.lane)), past };
}

/** Which marks have room for their label: the most urgent of a lane first. Widths in percent of the span. */
export function labelled(marks: readonly Mark[], width: (mark: Mark) => number): Set<Mark> {
  const kept = new Set<Mark>();
  for (const lane of LANES) {
    const taken: [number, number][] = [];
    for (const mark of marks.filter((one) => one.lane === lane)) {
      const [from, to] = extent(mark, width(mark));
      const others = marks.filter((one) => one.lane === lane && one !== mark).map((one) => at(one));
      if (taken.every(([a, b]) => to < a || from > b) && others.every((other) => other < from || other > to)) {
        kept.add(mark);
        taken.push([from, to]);
      }
    }
  }
  return kept;
}

/** Where a mark stands, in percent of the span. */
export const at = (mark: Mark): number => (mark.days / SPAN) * 100;

/** A label stands behind its mark, or before it near the end. */
export const before = (mark: Mark): boolean => mark.days > SPAN * 0.72;

function extent(mark: Mark, width: number): [number, number] {
  return before(mark) ? [at(mark) - width, at(mark) - 0.5] : [at(mark) + 0.5, at(mark) + width];
}

/** The first and the fifteenth of each month within the span. */
export function ticks(today: Date = new Date()): { days: number; on: Date }[] {
  const found = [];
  for (let month = 0; month <= 3; month += 1) {
    for (const day of [1, 15]) {
      const on = new Date(today.getFullYear(), today.getMonth() + month, day);
      const days = days_until(on.toISOString(), today);
      // Beside "today" there is no room for another date.
      if (days >= 9 && days <= SPAN - 2) {
        found.push({ days, on });
      }
    }
  }
  return found;
}
