/**
 * The messages, in the language that the window speaks at the moment they are asked for.
 *
 * Each language's catalogue is a file of its own, and only those in use are loaded (`state/language.svelte.ts`). Nothing
 * else may import the generated catalogues: that would bring all of them at once.
 */
import type * as english from './paraglide/messages/en.js';
import type { Locale } from './paraglide/runtime';
import { language } from './state/language.svelte';

type English = typeof english;
/** Every message, as a function of its values. */
type Messages = { readonly [Key in keyof English]: {} extends Parameters<English[Key]>[0] ? () => string : (values: Parameters<English[Key]>[0]) => string };
type Say = (values?: object) => string;

const functions = new Map<string, Say>();

/** A message by a key that is put together at run time; null when there is none, or its language is not loaded. */
export function say(key: string, values: object = {}, locale: Locale = language.current): string | null {
  return language.catalogue(locale)?.[key]?.(values) ?? null;
}

// The functions hold good for every language and before any is loaded: only a call looks into a catalogue.
export const m = new Proxy({} as Messages, {
  get(_, key) {
    const name = String(key);
    let found = functions.get(name);
    if (!found) {
      found = (values) => say(name, values) ?? '';
      functions.set(name, found);
    }
    return found;
  },
});
