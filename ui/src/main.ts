/**
 * Starts the window: the shell as host, or, in a plain browser while developing, the fake one. Its language is loaded
 * while the shell says how things stand.
 */
import { mount } from 'svelte';

import './styles/index.css';
import App from './App.svelte';
import { inside_shell, tauri_host } from './lib/host/tauri';
import { language } from './lib/state/language.svelte';

/**
 * Never awaited at the top level: the bundler puts what screens share into the file of this module, so what is loaded here
 * would wait for this module, and this module for it.
 */
async function start(target: HTMLElement): Promise<void> {
  const spoken = language.start();
  if (inside_shell()) {
    const host = tauri_host();
    const asked = host.bootstrap();
    // Whoever shows the answer shows the problem, too; that is not there yet.
    asked.catch(() => undefined);
    await spoken;
    mount(App, { target, props: { host, asked } });
  } else if (import.meta.env.DEV || import.meta.env.MODE === 'showcase') {
    const [{ showcase }] = await Promise.all([import('./lib/host/showcase'), spoken]);
    mount(App, { target, props: await showcase(new URLSearchParams(location.search)) });
  }
}

const target = document.getElementById('app');
if (target) {
  void start(target);
}
