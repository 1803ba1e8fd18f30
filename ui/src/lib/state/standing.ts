/** Where a customer stands, in one badge and one date, for the list. */
import type { CustomerView } from '../contract/CustomerView';
import { days_until } from '../format';

/** How early an end is worth saying, in days. */
const SOON = 30;

export type Standing =
  | { kind: 'verified' }
  | { kind: 'person' }
  | { kind: 'unfinished' }
  | { kind: 'expiring'; days: number }
  | { kind: 'expired' };

export interface End {
  what: 'secret' | 'sign-in';
  /** Date or time as the contract has it. */
  on: string;
}

/** The date on which something of a customer ends first. */
export function next_end(customer: CustomerView): End | null {
  const ends: End[] = [];
  if (customer.registration?.secret_expires) {
    ends.push({ what: 'secret', on: customer.registration.secret_expires });
  }
  if (customer.consent?.unused_until) {
    ends.push({ what: 'sign-in', on: customer.consent.unused_until });
  }
  return ends.sort((a, b) => days_until(a.on) - days_until(b.on))[0] ?? null;
}

export function standing(customer: CustomerView): Standing {
  const end = next_end(customer);
  const days = end ? days_until(end.on) : Number.POSITIVE_INFINITY;
  if (days < 0) {
    return { kind: 'expired' };
  }
  if (customer.steps.some((step) => step.state !== 'done')) {
    return customer.next === 'consent' || customer.next === 'authorise' ? { kind: 'person' } : { kind: 'unfinished' };
  }
  return days <= SOON ? { kind: 'expiring', days } : { kind: 'verified' };
}

const URGENCY: Standing['kind'][] = ['expired', 'person', 'expiring', 'unfinished', 'verified'];

/** The most urgent first, then by name. */
export function by_urgency(customers: readonly CustomerView[]): CustomerView[] {
  const rank = (customer: CustomerView) => URGENCY.indexOf(standing(customer).kind);
  return [...customers].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** Whether a customer answers to a search for name, domain, tenant or SIEM. */
export function answers_to(customer: CustomerView, wanted: string, siem: string): boolean {
  const hay = [customer.name, customer.tenant_domain ?? '', customer.tenant_id, siem].join('\n').toLocaleLowerCase();
  return hay.includes(wanted.trim().toLocaleLowerCase());
}
