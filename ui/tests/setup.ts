/** What jsdom lacks, and a clean start for each test. */
import { beforeAll, beforeEach } from 'vitest';

import { locales } from '../src/lib/paraglide/runtime';
import { screens } from '../src/lib/screens/index.svelte';
import { language } from '../src/lib/state/language.svelte';

// A list draws what fits into its box, and jsdom's boxes are empty.
Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, get: () => 640 });
Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, get: () => 800 });
Element.prototype.scrollTo ??= function scrollTo(this: Element, to?: ScrollToOptions | number) {
  this.scrollTop = typeof to === 'object' ? (to.top ?? 0) : 0;
  this.dispatchEvent(new Event('scroll'));
} as Element['scrollTo'];

// Everything that the window loads when it is needed is there: what is shown does not depend on how fast files are read.
beforeAll(async () => {
  await Promise.all([screens.load_all(), ...locales.map((locale) => language.load(locale))]);
});

beforeEach(() => {
  localStorage.clear();
  language.choose('en');
});
