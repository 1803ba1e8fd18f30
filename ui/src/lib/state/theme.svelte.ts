/**
 * Light, dark, or as the system has it. The window's own theme decides "system" where the host can tell it, because the
 * media query is unreliable on Linux and can follow the task bar on Windows.
 */
import type { Host, WindowTheme } from '../host';
import { recall, remember } from './memory';

const KEY = 'theme';

export type ThemeChoice = 'system' | WindowTheme;
const ORDER: readonly ThemeChoice[] = ['system', 'light', 'dark'];

class Theme {
  #choice = $state<ThemeChoice>('system');
  #frame: WindowTheme | null = null;

  get choice(): ThemeChoice {
    return this.#choice;
  }

  start(host: Host): void {
    const kept = recall(KEY);
    this.#choice = ORDER.find((choice) => choice === kept) ?? 'system';
    this.#apply();
    const changed = (theme: WindowTheme) => {
      this.#frame = theme;
      this.#apply();
    };
    void host.window_theme(changed).then((theme) => {
      if (theme) {
        changed(theme);
      }
    });
  }

  choose(choice: ThemeChoice): void {
    this.#choice = choice;
    remember(KEY, choice);
    this.#apply();
  }

  /** The one after the present, for a button that goes round. */
  next(): void {
    this.choose(ORDER[(ORDER.indexOf(this.#choice) + 1) % ORDER.length] ?? 'system');
  }

  #apply(): void {
    const shown = this.#choice === 'system' ? this.#frame : this.#choice;
    const root = document.documentElement;
    if (shown) {
      root.dataset['theme'] = shown;
    } else {
      delete root.dataset['theme'];
    }
  }
}

export const theme = new Theme();
