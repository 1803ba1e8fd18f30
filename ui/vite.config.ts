import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

import { write_project } from './tools/pseudo.mjs';

export default defineConfig(({ mode }) => ({
  plugins: [
    // Tests compile the messages beforehand: the plugin's watcher would keep their process alive.
    process.env['VITEST']
      ? []
      : paraglideVitePlugin({ project: mode === 'pseudo' ? write_project() : './project.inlang', outdir: './src/lib/paraglide', strategy: ['baseLocale'], outputStructure: 'locale-modules' }),
    svelte(),
    svelteTesting(),
  ],
  build: {
    // Both engines are evergreen; the styles already need newer ones than this.
    target: 'es2022',
    // The content security policy knows neither data: nor inline parts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // One file for the first screen and one for what the others share: each file is a question to the shell.
          groups: [
            { name: 'first', tags: ['$initial'], priority: 2 },
            { name: 'parts', test: /src\/lib\/(?!paraglide)/, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  server: { port: 1420, strictPort: true },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    // A loaded machine types slowly; what hangs is still ended.
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
}));
