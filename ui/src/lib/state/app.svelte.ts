/**
 * What the window knows and where it is: the customers, the one that is open, its step, and the practice tenant.
 *
 * It asks the host and keeps the answers; screens draw them. It decides nothing that the engine decides.
 */
import { getContext, setContext } from 'svelte';

import type { ConnectorId } from '../contract/ConnectorId';
import type { CustomerView } from '../contract/CustomerView';
import type { Destination } from '../contract/Destination';
import type { Evidence } from '../contract/Evidence';
import type { OldFiles } from '../contract/OldFiles';
import type { Problem } from '../contract/Problem';
import type { SourceId } from '../contract/SourceId';
import type { Step } from '../contract/Step';
import type { Locale } from '../paraglide/runtime';
import { as_problem, type Bootstrap, type Host, type PracticeView } from '../host';
import { type Cure, doubts_the_secret } from './cures';
import { Deeds } from './deeds.svelte';
import { noted } from './evidence';
import { language } from './language.svelte';

/** A step of the wizard, or the page after the last. */
export type Stage = Step | 'finish';

export const STEPS: readonly Step[] = ['destination', 'register', 'consent', 'authorise', 'export', 'test-pull'];

/** A page beside the work, from which one comes back to it. */
export type Side = 'settings' | 'journal' | 'practice';

export type Place = { at: 'starting' } | { at: 'unlock' } | { at: 'home' } | { at: 'import' } | { at: 'settings' } | { at: 'journal' } | { at: 'practice' } | { at: 'wizard'; stage: Stage };

export class App {
  readonly host: Host;
  readonly deeds = new Deeds(this);
  boot = $state.raw<Bootstrap | null>(null);
  practice = $state.raw<PracticeView | null>(null);
  customers = $state.raw<CustomerView[]>([]);
  customer = $state.raw<CustomerView | null>(null);
  /** Names of sources and connectors, and the clouds. */
  catalogue = $state.raw<Destination | null>(null);
  place = $state.raw<Place>({ at: 'starting' });
  /** What concerns the window as a whole. */
  problem = $state.raw<Problem | null>(null);
  /** Work that the page before asked the next one to begin with. */
  begin = false;
  /** What old files say. It stays when a person goes back to the list, and is forgotten once it was used. */
  old_files = $state.raw<OldFiles | null>(null);
  /** What a person entered beside it. */
  import_draft = $state({ index: 0, name: '', tenant: '', newer: false });
  /** Files are held over the window. */
  dragging = $state(false);
  /** Files that were dropped and not yet looked at. */
  dropped = $state.raw<string[]>([]);
  /** Where a page beside the work was opened. */
  #before: Place = { at: 'home' };
  #evidence = $state.raw<Record<string, Evidence[]>>({});
  /** What was typed on a page that was left before it was saved. Never a secret. */
  readonly #drafts = new Map<string, Record<string, string | undefined>>();

  constructor(host: Host) {
    this.host = host;
  }

  /** Asks how things stand, unless that was asked already, and shows the first page. */
  async start(asked: Promise<Bootstrap> = this.host.bootstrap()): Promise<void> {
    try {
      await this.#settle(await asked);
    } catch (thrown) {
      this.problem = as_problem(thrown);
    }
  }

  async unlock(passphrase: string | null): Promise<void> {
    await this.#settle(await this.host.unlock(passphrase));
  }

  /** The window speaks another language, and keeps it for the next start and for the command line. */
  speak(locale: Locale): void {
    language.choose(locale);
    // Where it cannot be kept, the window still speaks as it was told.
    this.host.speak(locale).catch(() => undefined);
  }

  async #settle(boot: Bootstrap): Promise<void> {
    this.boot = boot;
    await language.settle(boot.language);
    this.practice = boot.practice;
    if (boot.vault === 'open' || boot.practice) {
      await this.home();
      this.#resume(boot.left_at);
    } else {
      this.place = { at: 'unlock' };
    }
  }

  /** Opens the customer that was open when the window was closed or killed, at the step where work goes on. */
  #resume(left_at: string | null): void {
    const customer = this.customers.find((one) => one.id === left_at);
    if (customer && !finished(customer)) {
      this.open(customer);
    }
  }

  /** Not being remembered costs a click at the next start, and nothing now. */
  #remember(customer: string | null): void {
    this.host.remember_place(customer).catch(() => undefined);
  }

  /** Back to the list; a page that cannot be left says why. */
  async leave(): Promise<void> {
    try {
      await this.home();
    } catch (thrown) {
      this.problem = as_problem(thrown);
    }
  }

  /** The list of customers, read anew. */
  async home(): Promise<void> {
    const [customers, catalogue] = await Promise.all([this.host.customers(), this.host.propose({})]);
    this.customers = customers;
    this.catalogue = catalogue;
    if (this.customer) {
      this.#remember(null);
    }
    this.customer = null;
    this.problem = null;
    this.#evidence = {};
    this.place = { at: 'home' };
  }

  /** A customer's page: where work goes on, or the end when nothing is left. */
  open(customer: CustomerView): void {
    this.customer = customer;
    this.#remember(customer.id);
    this.place = { at: 'wizard', stage: finished(customer) ? 'finish' : customer.next };
  }

  /** A page beside the work; `leave_side` leads back to where this was asked. */
  show(side: Side): void {
    if (!is_side(this.place)) {
      this.#before = this.place;
    }
    this.place = { at: side };
  }

  leave_side(): void {
    this.place = this.#before;
  }

  /** The page for old connector files. */
  show_import(): void {
    this.place = { at: 'import' };
  }

  /** Reads old files. What was found before is forgotten. */
  async look_at_old_files(paths: string[]): Promise<void> {
    const before = this.old_files?.handle;
    const found = await this.host.inspect_old_files({ paths });
    if (before) {
      this.#forget(before);
    }
    this.old_files = found;
    this.draft_for(0);
  }

  /** Begins with what the files say of one of them. */
  draft_for(index: number): void {
    Object.assign(this.import_draft, { index, name: this.old_files?.found[index]?.name ?? '', tenant: '', newer: false });
  }

  /** What was found is no longer needed, unless there are more customers in it. */
  leave_import(): void {
    const found = this.old_files;
    if (found && found.found.length < 2) {
      this.#forget(found.handle);
      this.old_files = null;
    }
  }

  /** Files were dropped on the window: they are for the page of old files, from the list or from there. */
  take_dropped(paths: string[]): void {
    this.dragging = false;
    if (this.place.at === 'home' || this.place.at === 'import') {
      this.dropped = paths;
      this.show_import();
    }
  }

  /** The engine forgets by itself, too; here it is only sooner. */
  #forget(handle: string): void {
    this.host.forget_old_files(handle).catch(() => undefined);
  }

  /** The first step, for a customer that is not there yet. */
  onboard(): void {
    this.customer = null;
    this.#evidence = {};
    this.place = { at: 'wizard', stage: 'destination' };
  }

  go(stage: Stage, options: { begin?: boolean } = {}): void {
    this.begin = options.begin ?? false;
    this.problem = null;
    this.place = { at: 'wizard', stage };
  }

  /** Goes where a problem is put right. A secret that Microsoft refused is no longer shown as proven there. */
  cure(step: Cure, problem: Problem): void {
    if (step === 'register' && doubts_the_secret(problem.code)) {
      this.note('register', { key: 'secret-accepted', state: 'failed', facts: [] });
    }
    this.go(step);
  }

  /** Takes up a customer's newer state. */
  take(customer: CustomerView): void {
    if (this.customer?.id !== customer.id) {
      this.#remember(customer.id);
    }
    this.customer = customer;
    this.customers = this.customers.map((one) => (one.id === customer.id ? customer : one));
  }

  async forget(customer: CustomerView): Promise<void> {
    await this.host.forget_customer(customer.id);
    await this.home();
  }

  async rehearse(): Promise<void> {
    this.practice = await this.host.practice_start();
    this.#drafts.clear();
    await this.home();
    if (this.customers.length === 0) {
      this.onboard();
    }
  }

  /** Lets these things go wrong from now on. */
  async go_wrong(scenarios: string[]): Promise<void> {
    this.practice = await this.host.practice_scenarios(scenarios);
  }

  async leave_practice(): Promise<void> {
    await this.host.practice_stop();
    this.#drafts.clear();
    this.practice = null;
    this.customer = null;
    await this.#settle(await this.host.bootstrap());
  }

  /** What was seen of a step in this session. */
  seen(step: Step): Evidence[] {
    return this.#evidence[step] ?? [];
  }

  note(step: Step, evidence: Evidence): void {
    this.#evidence = { ...this.#evidence, [step]: noted(this.seen(step), evidence) };
  }

  note_all(step: Step, evidence: readonly Evidence[]): void {
    for (const one of evidence) {
      this.note(step, one);
    }
  }

  /** Ends checks that were still running when their work failed. */
  fail_running(step: Step): void {
    this.note_all(
      step,
      this.seen(step).flatMap((one) => (one.state === 'checking' ? [{ ...one, state: 'failed' as const }] : [])),
    );
  }

  /** What was typed at a step and not saved, the last time that it was left. */
  draft(step: Step): Record<string, string | undefined> {
    return this.#drafts.get(`${step} ${this.customer?.id ?? ''}`) ?? {};
  }

  /** Keeps what was typed until the step is opened again; nothing to keep is forgotten. Secrets stay out of it. */
  keep_draft(step: Step, customer: string | null, typed: Record<string, string | undefined> | null): void {
    const key = `${step} ${customer ?? ''}`;
    if (typed) {
      this.#drafts.set(key, typed);
    } else {
      this.#drafts.delete(key);
    }
  }

  forget_seen(step: Step): void {
    this.#evidence = { ...this.#evidence, [step]: [] };
  }

  source_name(source: SourceId): string {
    return this.catalogue?.sources.find((one) => one.id === source)?.name ?? source;
  }

  connector_name(connector: ConnectorId): string {
    return this.catalogue?.connectors.find((one) => one.id === connector)?.name ?? connector;
  }
}

const is_side = (place: Place): boolean => place.at === 'settings' || place.at === 'journal' || place.at === 'practice';

/** Every step of a customer is proven. */
export function finished(customer: CustomerView): boolean {
  return customer.steps.every((step) => step.state === 'done');
}

const KEY = Symbol('app');

export function provide_app(app: App): void {
  setContext(KEY, app);
}

export function the_app(): App {
  return getContext<App>(KEY);
}
