/**
 * The screens and sheets of the window. The first screen comes with the window itself; each other is a file of its own,
 * loaded when it is wanted, and, so that nobody waits for one, all of them once the first screen is there.
 */
const FILES = {
  unlock: () => import('./Unlock.svelte'),
  destination: () => import('./Destination.svelte'),
  register: () => import('./Register.svelte'),
  consent: () => import('./Consent.svelte'),
  authorise: () => import('./Authorise.svelte'),
  export: () => import('./Export.svelte'),
  'test-pull': () => import('./TestPull.svelte'),
  finish: () => import('./Finish.svelte'),
  import: () => import('./Import.svelte'),
  settings: () => import('./Settings.svelte'),
  journal: () => import('./Journal.svelte'),
  practice: () => import('./Practice.svelte'),
  forget: () => import('../parts/ForgetDialog.svelte'),
  about: () => import('../parts/AboutSheet.svelte'),
  keys: () => import('../parts/KeysSheet.svelte'),
  help: () => import('../parts/HelpSheet.svelte'),
};

export type ScreenName = keyof typeof FILES;
type Loaded = { [Name in ScreenName]?: Awaited<ReturnType<(typeof FILES)[Name]>>['default'] };

class Screens {
  #loaded = $state.raw<Loaded>({});

  /** A screen, if it is there already. */
  get<Name extends ScreenName>(name: Name): Loaded[Name] {
    return this.#loaded[name];
  }

  async load(name: ScreenName): Promise<void> {
    if (!this.#loaded[name]) {
      const { default: screen } = await FILES[name]();
      this.#loaded = { ...this.#loaded, [name]: screen };
    }
  }

  /** Loads what is not there yet, one after the other. */
  async load_all(): Promise<void> {
    for (const name of Object.keys(FILES) as ScreenName[]) {
      await this.load(name);
    }
  }
}

export const screens = new Screens();
