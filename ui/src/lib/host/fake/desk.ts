/**
 * What the fake host remembers between requests, and what every request does first: it is noted, and waits or fails where
 * the options say so.
 *
 * It answers nothing itself: each room beside it answers for its area.
 */
import type { CloudView } from '../../contract/CloudView';
import type { CustomerView } from '../../contract/CustomerView';
import type { OldFiles } from '../../contract/OldFiles';
import type { Problem } from '../../contract/Problem';
import type { Progress } from '../../contract/Progress';
import type { PullProgress } from '../../contract/PullProgress';
import type { SettingsView } from '../../contract/SettingsView';
import type { UnfollowedProxy } from '../../contract/UnfollowedProxy';
import type { Drag, Host, MenuView, PracticeView, VaultState } from '../index';
import { COMMERCIAL, PRACTICE, PRACTICE_CLOUD, old_files, problem } from './made_up';
import { with_steps } from './made_up_customers';

export interface FakeOptions {
  customers?: CustomerView[];
  vault?: VaultState;
  /** The problem with which a request fails, by its name. */
  fails?: Partial<Record<keyof Host, Problem>>;
  /** Requests that wait until `release` is called. */
  holds?: (keyof Host)[];
  /** Alerts that a test pull finds. */
  alerts?: number;
  /** What a running test pull says besides. */
  pulled?: Partial<PullProgress>;
  practice?: boolean;
  /** What old files say. */
  old_files?: OldFiles;
  /** The files that were written last hold older values. */
  stale?: boolean;
  /** Outcomes of changes of the settings, as the journal has them. */
  changes?: string[];
  /** The customer that was open in the session before. */
  left_at?: string;
  /** What the settings say. */
  language?: string;
  /** A proxy setting of the system that is not followed. */
  unfollowed?: UnfollowedProxy;
}

export class Desk {
  readonly asked: string[] = [];
  readonly given: Partial<Record<keyof Host, unknown[]>> = {};
  readonly held = new Map<keyof Host, { go: () => void; fail: (failure: Problem) => void }>();
  readonly fails: Partial<Record<keyof Host, Problem>>;
  readonly old: OldFiles;
  customers: CustomerView[];
  vault: VaultState;
  practice: PracticeView | null;
  settings: SettingsView;
  /** The held request that `cancel` ends. */
  running: keyof Host | null = null;
  /** Alerts of the last test pull that have arrived. */
  arrived: number | null = null;
  listener: ((progress: Progress) => void) | null = null;
  dragged: ((drag: Drag) => void) | null = null;
  bar: MenuView[] = [];
  choose: (id: string) => void = () => undefined;

  constructor(readonly options: FakeOptions) {
    this.customers = [...(options.customers ?? [])];
    this.vault = options.vault ?? 'open';
    this.practice = options.practice ? PRACTICE : null;
    this.fails = { ...options.fails };
    this.old = options.old_files ?? old_files();
    this.settings = {
      language: options.language ?? null,
      proxy: { mode: 'system', address: null, user: null, password_kept: false, bypass: 'localhost,127.0.0.0/8,::1', found: 'http://proxy.example:3128', unfollowed: options.unfollowed ?? null },
      authorities: [],
    };
  }

  /** Notes a request; fails or holds it where the options say so. */
  async arrive(request: keyof Host, arguments_: unknown[], cancellable = false): Promise<void> {
    this.asked.push(request);
    this.given[request] = arguments_;
    await Promise.resolve();
    if (this.options.holds?.includes(request)) {
      if (cancellable) {
        this.running = request;
      }
      try {
        await new Promise<void>((go, fail) => this.held.set(request, { go, fail }));
      } finally {
        this.running = null;
        this.held.delete(request);
      }
    }
    const failure = this.fails[request];
    if (failure) {
      throw failure;
    }
  }

  find(id: string): CustomerView {
    const found = this.customers.find((one) => one.id === id || one.name === id);
    if (!found) {
      throw problem('customer-unknown', { customer: id });
    }
    return found;
  }

  keep(customer: CustomerView): CustomerView {
    const kept = with_steps(customer);
    const known = this.customers.some((one) => one.id === kept.id);
    this.customers = known ? this.customers.map((one) => (one.id === kept.id ? kept : one)) : [...this.customers, kept];
    return kept;
  }

  cloud(): CloudView {
    return this.practice ? PRACTICE_CLOUD : COMMERCIAL;
  }
}
