/**
 * The language that the window speaks. Every message function asks it, so a change redraws what is on screen.
 *
 * The choice outlives the window; nothing else about the person is kept here.
 */
import { baseLocale, isLocale, locales, overwriteGetLocale, type Locale } from '../paraglide/runtime';
import { recall, remember } from './memory';

const KEY = 'language';

/** Each language in its own words. */
export const LANGUAGES: Record<Locale, string> = { en: 'English', ko: '한국어', 'zh-TW': '繁體中文' };

/** The first of the person's languages that there are messages for. */
export function preferred(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const exact = locales.find((locale) => locale.toLowerCase() === tag.toLowerCase());
    if (exact) {
      return exact;
    }
    const spoken = understood(tag);
    if (spoken?.language === 'zh' && spoken.script === 'Hant') {
      return 'zh-TW';
    }
    if (spoken?.language === 'en' || spoken?.language === 'ko') {
      return spoken.language;
    }
  }
  return baseLocale;
}

/** A tag in its parts; nothing for what is no language tag, such as the `C` of a bare POSIX system. */
function understood(tag: string): Intl.Locale | null {
  try {
    return new Intl.Locale(tag).maximize();
  } catch {
    return null;
  }
}

class Language {
  #current = $state<Locale>(baseLocale);

  get current(): Locale {
    return this.#current;
  }

  /** Takes up the remembered choice, or else the system's language. */
  start(): void {
    const kept = recall(KEY);
    this.#take(isLocale(kept) ? kept : preferred(navigator.languages));
  }

  choose(locale: Locale): void {
    this.#take(locale);
    remember(KEY, locale);
  }

  #take(locale: Locale): void {
    this.#current = locale;
    document.documentElement.lang = locale;
  }
}

export const language = new Language();
overwriteGetLocale(() => language.current);
