/**
 * Light, dark, or as the system has it. Each of the two sources that know the system misses some desktops: the window's
 * own theme those that name a dark theme, the media query those that only prefer one. Dark is what either of them says.
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
    const frame = this.#frame === 'dark' ? this.#frame : null;
    const shown = this.#choice === 'system' ? frame : this.#choice;
    const root = document.documentElement;
    if (shown) {
      root.dataset['theme'] = shown;
    } else {
      delete root.dataset['theme'];
    }
  }
}

export const theme = new Theme();
