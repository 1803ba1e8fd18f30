/**
 * The language that the window speaks, and the catalogues of the languages that were needed so far. Every message asks
 * it, so a change redraws what is on screen.
 *
 * What holds is what the settings say, for the command line no less than here. A copy of it is remembered by the window,
 * so that the first page is drawn in the right language before the settings were read; nothing else about the person is.
 */
import { baseLocale, isLocale, locales, type Locale } from '../paraglide/runtime';
import { forget, recall, remember } from './memory';

const KEY = 'language';

type Catalogue = Readonly<Record<string, (values: object) => string>>;

/** A file for each language that this window was built with. */
const FILES = import.meta.glob<Catalogue>(['../paraglide/messages/*.js', '!../paraglide/messages/_index.js']);

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
  #catalogues = $state.raw<Partial<Record<Locale, Catalogue>>>({});
  /** What is to be spoken as soon as its catalogue is there. */
  #wanted: Locale = baseLocale;
  /** Chosen since the window opened: no older setting takes its place. */
  #chosen = false;

  get current(): Locale {
    return this.#current;
  }

  /** The messages of a language, once they are loaded. */
  catalogue(locale: Locale): Catalogue | null {
    return this.#catalogues[locale] ?? null;
  }

  /** Loads the messages of a language without speaking it. */
  async load(locale: Locale): Promise<void> {
    const found = this.#catalogues[locale] ?? (await FILES[`../paraglide/messages/${locale}.js`]?.());
    if (found && !this.#catalogues[locale]) {
      this.#catalogues = { ...this.#catalogues, [locale]: found };
    }
  }

  /** Takes up the remembered choice, or else the system's language. */
  async start(): Promise<void> {
    const kept = recall(KEY);
    this.#chosen = false;
    await this.#take(isLocale(kept) ? kept : preferred(navigator.languages));
  }

  /** Takes up what the settings say: a language, or that of the system. */
  async settle(set: string | null): Promise<void> {
    if (this.#chosen) {
      return;
    }
    if (isLocale(set)) {
      remember(KEY, set);
      await this.#take(set);
    } else {
      forget(KEY);
      await this.#take(preferred(navigator.languages));
    }
  }

  /** Speaks another language; until that is loaded, the one before. */
  choose(locale: Locale): void {
    this.#chosen = true;
    remember(KEY, locale);
    void this.#take(locale);
  }

  async #take(locale: Locale): Promise<void> {
    this.#wanted = locale;
    if (!this.#catalogues[locale]) {
      await this.load(locale);
    }
    if (this.#wanted === locale) {
      this.#current = locale;
      document.documentElement.lang = locale;
    }
  }
}

export const language = new Language();
