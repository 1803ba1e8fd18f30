/**
 * What can be done from anywhere: by menu and by keys. One list, so that a menu never says what a key does not do.
 *
 * A page adds its own: back, and the one thing that it is for. Invariant: what is not possible now is off in the menu, and
 * its keys do nothing.
 */
import type { MenuView } from '../host';
import { m } from '../messages';
import { locales } from '../paraglide/runtime';
import { as_problem } from '../host';
import type { App } from './app.svelte';
import { language, LANGUAGES } from './language.svelte';
import { theme } from './theme.svelte';
import { zoom } from './zoom.svelte';

/** What the page on screen offers. */
export interface PageDeeds {
  back?: () => void;
  /** Null while it is off. */
  primary?: { label: string; press: () => void } | null;
  search?: () => void;
}

/** A dialog that any page can open. */
export type Sheet = 'help' | 'keys' | 'about';

export interface Deed {
  id: string;
  label: string;
  /** As Tauri writes them; the same are shown to people. */
  keys: string | null;
  possible: boolean;
  act: () => void;
}

export class Deeds {
  page = $state.raw<PageDeeds>({});
  sheet = $state.raw<Sheet | null>(null);
  /** How often the menu was used: its marks are then set anew. */
  used = $state(0);
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  /** Whether the vault is open: before, there is little to do. */
  get #ready(): boolean {
    const at = this.#app.place.at;
    return at !== 'starting' && at !== 'unlock';
  }

  #try(work: () => Promise<unknown>): void {
    work().catch((thrown: unknown) => {
      this.#app.problem = as_problem(thrown);
    });
  }

  get file(): Deed[] {
    const app = this.#app;
    const practising = app.practice !== null;
    return [
      { id: 'new-customer', label: m.onboard(), keys: 'Ctrl+N', possible: this.#ready, act: () => app.onboard() },
      practising
        ? { id: 'practice', label: m.practice_leave(), keys: null, possible: true, act: () => this.#try(() => app.leave_practice()) }
        : { id: 'practice', label: m.rehearse(), keys: null, possible: app.place.at === 'home', act: () => this.#try(() => app.rehearse()) },
      { id: 'journal', label: m.journal_menu(), keys: 'Ctrl+J', possible: this.#ready, act: () => app.show('journal') },
      { id: 'settings', label: m.settings_menu(), keys: 'Ctrl+,', possible: this.#ready && !practising, act: () => app.show('settings') },
      { id: 'quit', label: m.menu_quit(), keys: 'Ctrl+Q', possible: true, act: () => this.#try(() => app.host.quit()) },
    ];
  }

  get go(): Deed[] {
    const { back, primary, search } = this.page;
    return [
      { id: 'back', label: m.back(), keys: 'Alt+Left', possible: back !== undefined, act: () => back?.() },
      { id: 'primary', label: primary?.label ?? m.proceed(), keys: 'Ctrl+Enter', possible: Boolean(primary), act: () => primary?.press() },
      { id: 'home', label: m.back_to_customers(), keys: 'Alt+Home', possible: this.#ready && this.#app.place.at !== 'home', act: () => void this.#app.leave() },
      { id: 'search', label: m.search(), keys: 'Ctrl+F', possible: search !== undefined, act: () => search?.() },
    ];
  }

  get size(): Deed[] {
    return [
      { id: 'larger', label: m.menu_larger(), keys: 'Ctrl+=', possible: true, act: () => zoom.larger() },
      { id: 'smaller', label: m.menu_smaller(), keys: 'Ctrl+-', possible: true, act: () => zoom.smaller() },
      { id: 'actual-size', label: m.menu_actual_size(), keys: 'Ctrl+0', possible: zoom.factor !== 1, act: () => zoom.reset() },
    ];
  }

  get help(): Deed[] {
    const show = (sheet: Sheet) => () => (this.sheet = sheet);
    return [
      { id: 'help', label: m.menu_help_here(), keys: 'F1', possible: true, act: show('help') },
      { id: 'keys', label: m.keys_title(), keys: null, possible: true, act: show('keys') },
      { id: 'about', label: m.about_title(), keys: null, possible: true, act: show('about') },
    ];
  }

  get all(): Deed[] {
    return [...this.file, ...this.go, ...this.size, ...this.help];
  }

  /** The native bar. */
  get menus(): MenuView[] {
    const line = { kind: 'line' } as const;
    const items = (deeds: readonly Deed[]) =>
      deeds.map(({ id, label, keys, possible }) => ({ kind: 'item' as const, id, label: plain(label), keys, enabled: possible }));
    const file = items(this.file);
    const themes = { system: m.theme_system, light: m.theme_light, dark: m.theme_dark };
    return [
      { label: m.menu_file(), entries: [...file.slice(0, -1), line, ...file.slice(-1)] },
      { label: m.menu_go(), entries: items(this.go) },
      {
        label: m.menu_view(),
        entries: [
          ...items(this.size),
          line,
          ...(['system', 'light', 'dark'] as const).map((one) => ({ kind: 'check' as const, id: `theme-${one}`, label: themes[one](), checked: theme.choice === one, enabled: true })),
          line,
          ...locales.filter((one) => one in LANGUAGES).map((one) => ({ kind: 'check' as const, id: `language-${one}`, label: LANGUAGES[one], checked: language.current === one, enabled: true })),
        ],
      },
      { label: m.menu_help(), entries: items(this.help) },
    ];
  }

  /** Does what was chosen in the menu. */
  choose(id: string): void {
    this.used += 1;
    const deed = this.all.find((one) => one.id === id);
    if (deed) {
      this.#do(deed);
      return;
    }
    const [what, which] = [id.slice(0, id.indexOf('-')), id.slice(id.indexOf('-') + 1)];
    if (what === 'theme' && (which === 'system' || which === 'light' || which === 'dark')) {
      theme.choose(which);
    } else if (what === 'language') {
      this.#app.speak(locales.find((one) => one === which) ?? language.current);
    }
  }

  /** Does what the keys stand for; says whether they stand for anything. */
  press(event: KeyboardEvent): boolean {
    const deed = this.all.find((one) => one.keys !== null && matches(one.keys, event));
    if (!deed) {
      return false;
    }
    this.#do(deed);
    return true;
  }

  /** Under a question that must be answered first, nothing happens. */
  #do(deed: Deed): void {
    if (deed.possible && !document.querySelector('[role="alertdialog"], [role="dialog"]')) {
      deed.act();
    }
  }
}

/** Menus have no room for a sentence's end, and an ampersand would underline a letter. */
function plain(label: string): string {
  return label.replaceAll('&', '&&');
}

/** Whether a key press is what `Ctrl+N` means. Plus and equals are one key. */
export function matches(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split('+');
  const wanted = (parts.pop() ?? '').toLowerCase();
  const control = parts.includes('Ctrl');
  const pressed = event.key === '+' ? '=' : event.key.replace(/^Arrow/, '').toLowerCase();
  return pressed === wanted && control === (event.ctrlKey || event.metaKey) && parts.includes('Alt') === event.altKey;
}
