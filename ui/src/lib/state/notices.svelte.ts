/** Notifications of what ends soon: only when somebody asked for them, at most one a day, while the window is open. */
import type { CustomerView } from '../contract/CustomerView';
import { plural } from '../format';
import { m } from '../messages';
import type { App } from './app.svelte';
import { recall, remember } from './memory';
import { by_urgency, standing } from './standing';

const WANTED = 'notify';
const LAST = 'notified';
/** How often a new day is looked for. */
const LOOK = 3_600_000;
/** Names that fit into a notification. */
const NAMES = 3;

class Notices {
  #wanted = $state(false);

  get wanted(): boolean {
    return this.#wanted;
  }

  /** Takes up the choice, and looks now and then. Returns what ends that. */
  start(app: App): () => void {
    this.#wanted = recall(WANTED) === 'on';
    const timer = setInterval(() => this.look(app), LOOK);
    return () => clearInterval(timer);
  }

  choose(wanted: boolean, app: App): void {
    this.#wanted = wanted;
    remember(WANTED, wanted ? 'on' : 'off');
    if (wanted) {
      remember(LAST, '');
      this.look(app);
    }
  }

  /** Says what ends soon, if nothing was said today. */
  look(app: App): void {
    const today = new Date().toDateString();
    const urgent = by_urgency(app.customers).filter(ends_soon);
    if (!this.#wanted || app.practice || urgent.length === 0 || recall(LAST) === today) {
      return;
    }
    remember(LAST, today);
    const names = urgent.slice(0, NAMES).map((customer) => customer.name);
    const body = urgent.length > NAMES ? `${names.join(', ')} …` : names.join(', ');
    // A desktop without notifications: the list says the same.
    app.host.notify(plural(urgent.length, m.notify_title_one, m.notify_title_other), body).catch(() => undefined);
  }
}

function ends_soon(customer: CustomerView): boolean {
  const { kind } = standing(customer);
  return kind === 'expiring' || kind === 'expired';
}

export const notices = new Notices();
