/**
 * One thing that a button does, and how it goes. It runs once at a time; its busy mark shows only when it takes long
 * enough to be noticed; a problem stays until the next attempt. Being cancelled is no problem.
 */
import type { Problem } from '../contract/Problem';
import { as_problem } from '../host';

/** Milliseconds after which something is slow enough to say so. */
export const NOTICEABLE = 250;

export class Action {
  #busy = $state(false);
  #slow = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** It runs. Another start is ignored. */
  get busy(): boolean {
    return this.#busy;
  }

  /** It runs long enough for a mark. */
  get slow(): boolean {
    return this.#slow;
  }

  /** Does the work, and answers with nothing when it failed. */
  async run<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#busy) {
      return undefined;
    }
    this.#busy = true;
    this.problem = null;
    const mark = setTimeout(() => (this.#slow = true), NOTICEABLE);
    try {
      return await work();
    } catch (thrown) {
      const problem = as_problem(thrown);
      this.problem = problem.code === 'cancelled' ? null : problem;
      return undefined;
    } finally {
      clearTimeout(mark);
      this.#busy = false;
      this.#slow = false;
    }
  }
}
