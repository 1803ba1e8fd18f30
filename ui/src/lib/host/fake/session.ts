/** The session: how things stand, what opens the vault, what is remembered, and what is ended. */
import type { Bootstrap, Host } from '../index';
import type { Desk } from './desk';
import { problem } from './made_up';

/** How things stand. */
const standing = (desk: Desk): Bootstrap => ({
  version: '0.1.0',
  vault: desk.vault,
  problem: desk.vault === 'open' ? null : problem('vault-locked'),
  practice: desk.practice,
  data_folder: '/home/lena/.local/share/mssp-onboard',
  webview: 'WebKitGTK 2.50.4',
  session: false,
  left_at: desk.practice ? null : (desk.options.left_at ?? null),
  language: desk.settings.language,
});

export const session_answers = (desk: Desk) => ({
  async bootstrap() {
    await desk.arrive('bootstrap', []);
    return standing(desk);
  },
  async unlock(passphrase) {
    await desk.arrive('unlock', [passphrase]);
    desk.vault = 'open';
    return standing(desk);
  },
  async cancel() {
    await desk.arrive('cancel', []);
    if (desk.running) {
      desk.held.get(desk.running)?.fail(problem('cancelled'));
    }
  },
  async journal() {
    await desk.arrive('journal', []);
    const at = new Date().toISOString();
    return { entries: (desk.options.changes ?? []).map((outcome, before) => ({ number: before + 1, at, action: 'settings', customer: null, outcome, hash: 'a'.repeat(64) })), verified: true };
  },
  async speak(language) {
    await desk.arrive('speak', [language]);
    desk.settings = { ...desk.settings, language };
  },
  async remember_place(customer) {
    await desk.arrive('remember_place', [customer]);
  },
}) satisfies Partial<Host>;
