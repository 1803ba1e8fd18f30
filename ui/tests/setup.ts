/** What jsdom lacks, and a clean start for each test. */
import { beforeEach } from 'vitest';

import { language } from '../src/lib/state/language.svelte';

// A list draws what fits into its box, and jsdom's boxes are empty.
Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, get: () => 640 });
Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, get: () => 800 });
Element.prototype.scrollTo ??= function scrollTo(this: Element, to?: ScrollToOptions | number) {
  this.scrollTop = typeof to === 'object' ? (to.top ?? 0) : 0;
  this.dispatchEvent(new Event('scroll'));
} as Element['scrollTo'];

beforeEach(() => {
  localStorage.clear();
  language.choose('en');
});
