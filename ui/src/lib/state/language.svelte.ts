/**
 * The language that the window speaks. Every message function asks it, so a change redraws what is on screen.
 *
 * What holds is what the settings say, for the command line no less than here. A copy of it is remembered by the window,
 * so that the first page is drawn in the right language before the settings were read; nothing else about the person is.
 */
import { baseLocale, isLocale, locales, overwriteGetLocale, type Locale } from '../paraglide/runtime';
import { forget, recall, remember } from './memory';

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
  /** Chosen since the window opened: no older setting takes its place. */
  #chosen = false;

  get current(): Locale {
    return this.#current;
  }

  /** Takes up the remembered choice, or else the system's language. */
  start(): void {
    const kept = recall(KEY);
    this.#take(isLocale(kept) ? kept : preferred(navigator.languages));
    this.#chosen = false;
  }

  /** Takes up what the settings say: a language, or that of the system. */
  settle(set: string | null): void {
    if (this.#chosen) {
      return;
    }
    if (isLocale(set)) {
      this.#take(set);
      remember(KEY, set);
    } else {
      this.#take(preferred(navigator.languages));
      forget(KEY);
    }
  }

  choose(locale: Locale): void {
    this.#chosen = true;
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
