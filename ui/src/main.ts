/** Starts the window: the shell as host, or, in a plain browser while developing, the fake one. */
import { mount } from 'svelte';

import './styles/index.css';
import App from './App.svelte';
import { inside_shell, tauri_host } from './lib/host/tauri';
import { language } from './lib/state/language.svelte';

const target = document.getElementById('app');
if (target) {
  language.start();
  if (inside_shell()) {
    mount(App, { target, props: { host: tauri_host() } });
  } else if (import.meta.env.DEV || import.meta.env.MODE === 'showcase') {
    const { showcase } = await import('./lib/host/showcase');
    mount(App, { target, props: showcase(new URLSearchParams(location.search)) });
  }
}
