/** The frame around the page. */
import type { Host } from '../index';
import type { Desk } from './desk';

export const shell_answers = (desk: Desk) => ({
  async show_menu(menus, chosen) {
    desk.bar = menus;
    desk.choose = chosen;
  },
  async notify(title, body) {
    await desk.arrive('notify', [title, body]);
  },
  async zoom(factor) {
    await desk.arrive('zoom', [factor]);
  },
  async quit() {
    await desk.arrive('quit', []);
  },

  window_theme: () => Promise.resolve(null),
}) satisfies Partial<Host>;
