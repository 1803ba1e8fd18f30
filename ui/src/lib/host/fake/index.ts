/**
 * A host without a shell: keeps customers in memory, judges nothing that the engine would judge deeply, and does at once
 * or at a person's word what elsewhere takes a network. For tests and for work on the window in a plain browser.
 *
 * It is no specification of the engine: where the two differ, the engine is right.
 */
import type { Problem } from '../../contract/Problem';
import type { Progress } from '../../contract/Progress';
import type { Drag, Host, MenuView } from '../index';
import { access_answers } from './access';
import { alerts_answers } from './alerts';
import { customers_answers } from './customers';
import { Desk, type FakeOptions } from './desk';
import { files_answers } from './files';
import { session_answers } from './session';
import { import_answers } from './import';
import { practice_answers } from './practice';
import { settings_answers } from './settings';
import { shell_answers } from './shell';

export type { FakeOptions } from './desk';
export { an_old_connector, AUTHORITY, CLIENT_ID, COMMERCIAL, CUSTOMER_TENANT, old_files, problem, PROVIDER_TENANT } from './made_up';
export { an_alert } from './made_up_alerts';
export { a_customer, done_until, with_steps } from './made_up_customers';

export interface FakeHost extends Host {
  /** Names of the requests so far, in order. */
  readonly asked: string[];
  /** What was given with the last request of a name. */
  readonly given: Partial<Record<keyof Host, unknown[]>>;
  /** Lets a held request go on, or fail. */
  release(request: keyof Host, failure?: Problem): void;
  /** Says something more to whoever listens to the running consent. */
  tell(progress: Progress): void;
  /** The menu bar as it was last described. */
  menu(): MenuView[];
  /** Chooses in the menu bar. */
  choose(id: string): void;
  /** Drags files over the window, or drops them. */
  drag(drag: Drag): void;
  /** Changes how later requests fail. */
  fail(request: keyof Host, failure: Problem | null): void;
}

export function fake_host(options: FakeOptions = {}): FakeHost {
  const desk = new Desk(options);
  return {
    asked: desk.asked,
    given: desk.given,
    release(request, failure) {
      const waiting = desk.held.get(request);
      if (!waiting) {
        throw new Error(`${request} is not held`);
      }
      if (failure) {
        waiting.fail(failure);
      } else {
        waiting.go();
      }
    },
    menu: () => desk.bar,
    choose: (id) => desk.choose(id),
    tell(progress) {
      desk.listener?.(progress);
    },
    drag(drag) {
      desk.dragged?.(drag);
    },
    fail(request, failure) {
      if (failure) {
        desk.fails[request] = failure;
      } else {
        delete desk.fails[request];
      }
    },
    ...session_answers(desk),
    ...customers_answers(desk),
    ...access_answers(desk),
    ...files_answers(desk),
    ...alerts_answers(desk),
    ...settings_answers(desk),
    ...import_answers(desk),
    ...practice_answers(desk),
    ...shell_answers(desk),
  };
}
