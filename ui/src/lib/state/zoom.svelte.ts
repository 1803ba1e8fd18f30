/** How large everything is, in steps, remembered. The same keys on every system: Ctrl with plus, minus and nought. */
import type { Host } from '../host';
import { recall, remember } from './memory';

const KEY = 'zoom';
const STEPS = [0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3] as const;

class Zoom {
  #factor = $state(1);
  #host: Host | null = null;

  get factor(): number {
    return this.#factor;
  }

  /** Takes up the remembered size. */
  start(host: Host): void {
    this.#host = host;
    const kept = STEPS.find((step) => String(step) === recall(KEY)) ?? 1;
    if (kept !== this.#factor) {
      this.#take(kept);
    }
  }

  larger(): void {
    this.#take(STEPS.find((step) => step > this.#factor) ?? this.#factor);
  }

  smaller(): void {
    this.#take(STEPS.findLast((step) => step < this.#factor) ?? this.#factor);
  }

  reset(): void {
    this.#take(1);
  }

  #take(factor: number): void {
    this.#factor = factor;
    remember(KEY, String(factor));
    // Where the engine cannot, everything stays as large as it is.
    this.#host?.zoom(factor).catch(() => undefined);
  }
}

export const zoom = new Zoom();
