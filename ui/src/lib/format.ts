/** Dates, sizes and counts in the chosen language. Times are local; nothing here translates words. */
import { language } from './state/language.svelte';

/** English dates are written the international way: 20 Nov 2026. */
function region(): string {
  return language.current === 'en' ? 'en-GB' : language.current;
}

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** A contract date (`2026-11-20`) or time as a moment. A bare date is local midnight, not UTC. */
export function moment(value: string): Date {
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00`) : new Date(value);
}

/** 20 Nov 2026 */
export function date(value: string): string {
  return new Intl.DateTimeFormat(region(), { day: 'numeric', month: 'short', year: 'numeric' }).format(moment(value));
}

/** 20 Nov 2026, 14:31 */
export function date_time(value: string): string {
  return new Intl.DateTimeFormat(region(), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(moment(value));
}

/** 20 Nov, 14:31; with its year when that is not this one */
export function brief(value: string): string {
  const at = moment(value);
  return new Intl.DateTimeFormat(region(), {
    day: 'numeric',
    month: 'short',
    ...(at.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}

/** 20 Nov; with its year when that is not this one */
export function day(value: string): string {
  const at = moment(value);
  return new Intl.DateTimeFormat(region(), {
    day: 'numeric',
    month: 'short',
    ...(at.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }),
  }).format(at);
}

/** 14:31 */
export function time(value: string): string {
  return new Intl.DateTimeFormat(region(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    moment(value),
  );
}

/** 1 Dec */
export function tick(on: Date): string {
  return new Intl.DateTimeFormat(region(), { day: 'numeric', month: 'short' }).format(on);
}

/** Whole days from today's date to that of `value`; negative when past. */
export function days_until(value: string, today: Date = new Date()): number {
  const midnight = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
  return Math.round((midnight(moment(value)) - midnight(today)) / DAY);
}

/** in 9 days, 3 days ago, today */
export function distance(value: string): string {
  return new Intl.RelativeTimeFormat(region(), { numeric: 'auto' }).format(days_until(value), 'day');
}

/** A length of time in its largest fitting unit: 34 minutes, 2 days */
export function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  const [value, unit] =
    minutes < 120 ? [minutes, 'minute'] : minutes < 2880 ? [Math.floor(minutes / 60), 'hour'] : [Math.floor(minutes / 1440), 'day'];
  return new Intl.NumberFormat(language.current, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

/** 12,480 */
export function number(value: number): string {
  return new Intl.NumberFormat(region()).format(value);
}

/** 1.4 MB */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let scaled = value;
  let step = 0;
  while (scaled >= 1000 && step < units.length - 1) {
    scaled /= 1000;
    step += 1;
  }
  const digits = step > 0 && scaled < 10 ? 1 : 0;
  return new Intl.NumberFormat(region(), {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: digits,
  }).format(scaled);
}

/** 24 ms, 1.9 sec */
export function seconds(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < SECOND) {
    return new Intl.NumberFormat(language.current, { style: 'unit', unit: 'millisecond', unitDisplay: 'short' }).format(
      Math.round(milliseconds),
    );
  }
  return new Intl.NumberFormat(language.current, {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'short',
    maximumFractionDigits: milliseconds < 10_000 ? 1 : 0,
  }).format(milliseconds / SECOND);
}

/** 8:42 */
export function countdown(milliseconds: number): string {
  const left = Math.max(0, Math.ceil(milliseconds / SECOND));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
}

/** The fitting one of two messages: English has a singular, the other languages ignore the difference. */
export function plural(count: number, one: (inputs: { n: string }) => string, other: (inputs: { n: string }) => string): string {
  const message = new Intl.PluralRules(region()).select(count) === 'one' ? one : other;
  return message({ n: number(count) });
}

/** 6f1c2b7e…c3e8 */
export function short_id(id: string): string {
  return id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

/** Two letters that stand for a customer. */
export function initials(name: string): string {
  const words = name.split(/[\s()]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const [first, second] = words;
  const letters = first ? [...first].slice(0, second ? 1 : 2) : ['?'];
  return [...letters, ...(second ? [...second].slice(0, 1) : [])].join('').toUpperCase();
}

/** The last part of a path, of any system. */
export const file_name = (path: string): string => path.split(/[\\/]/).pop() ?? path;
