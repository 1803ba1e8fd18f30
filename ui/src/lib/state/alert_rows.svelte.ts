/**
 * Rows of a long table, fetched in blocks as they come into view. The engine keeps the alerts, sorts and filters them;
 * here is what is on the screen and a little around it, however many there are.
 */
import type { AlertLine } from '../contract/AlertLine';
import type { AlertsQuery } from '../contract/AlertsQuery';
import type { Problem } from '../contract/Problem';
import { as_problem, type Host } from '../host';

/** Rows that are asked for at once. */
export const BLOCK = 100;
/** Blocks that are kept: those seen last. */
const KEPT = 60;

export class AlertRows {
  /** Rows for the query; of the one before until the first answer is there. */
  matching = $state(0);
  /** The first rows of the present query are there. */
  ready = $state(false);
  problem = $state.raw<Problem | null>(null);
  #news = $state(0);
  #host: Host;
  #query: AlertsQuery | null = null;
  #round = 0;
  #blocks = new Map<number, readonly AlertLine[]>();
  #wanted: readonly [number, number] = [0, 0];
  #running = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Asks for other rows. What is on the screen stays until they are there. */
  ask(query: AlertsQuery): void {
    this.#query = query;
    this.#round += 1;
    this.#wanted = [0, 0];
    this.ready = false;
    void this.#fetch_first();
  }

  /** A row, when it is here. */
  row(index: number): AlertLine | undefined {
    // Whoever draws it is told when it comes.
    void this.#news;
    return this.#blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK];
  }

  /** A row, fetched when it is not here. */
  async at(index: number): Promise<AlertLine | undefined> {
    const round = this.#round;
    const block = Math.floor(index / BLOCK);
    if (!this.#blocks.has(block) && this.#query) {
      const page = await this.#host.alerts_page(this.#query, block * BLOCK, BLOCK);
      if (round === this.#round) {
        this.#keep(block, page.rows);
      }
    }
    return this.row(index);
  }

  /** Says which rows are in view. Only the newest wish counts: what was scrolled past is not fetched. */
  want(first: number, last: number): void {
    this.#wanted = [first, last];
    void this.#fetch();
  }

  async #fetch_first(): Promise<void> {
    const round = this.#round;
    try {
      const page = await this.#host.alerts_page(this.#query ?? NOTHING, 0, BLOCK);
      if (round !== this.#round) {
        return;
      }
      this.#blocks.clear();
      this.problem = null;
      this.matching = page.matching;
      this.#keep(0, page.rows);
      this.ready = true;
    } catch (thrown) {
      if (round === this.#round) {
        this.problem = as_problem(thrown);
      }
    }
  }

  async #fetch(): Promise<void> {
    if (this.#running) {
      return;
    }
    this.#running = true;
    try {
      for (let block = this.#missing(); block !== null && this.#query; block = this.#missing()) {
        const round = this.#round;
        const page = await this.#host.alerts_page(this.#query, block * BLOCK, BLOCK);
        if (round === this.#round) {
          this.#keep(block, page.rows);
        }
      }
    } catch (thrown) {
      this.problem = as_problem(thrown);
    } finally {
      this.#running = false;
    }
  }

  #missing(): number | null {
    if (!this.ready) {
      return null;
    }
    const [first, last] = this.#wanted;
    const end = Math.min(last, this.matching - 1);
    for (let block = Math.floor(first / BLOCK); block * BLOCK <= end; block += 1) {
      if (!this.#blocks.has(block)) {
        return block;
      }
    }
    return null;
  }

  #keep(block: number, rows: readonly AlertLine[]): void {
    this.#blocks.set(block, rows);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT) {
        break;
      }
      this.#blocks.delete(oldest);
    }
    this.#news += 1;
  }
}

const NOTHING: AlertsQuery = { sort: 'time', reversed: false, severities: [], text: '' };
