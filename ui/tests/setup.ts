/** What jsdom lacks, and a clean start for each test. */
import { beforeEach } from 'vitest';

import { language } from '../src/lib/state/language.svelte';

beforeEach(() => {
  localStorage.clear();
  language.choose('en');
});
