/** The whole window over a fake host, and the few gestures that tests make. */
import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { vi } from 'vitest';

import App from '../src/App.svelte';
import { fake_host, type FakeHost, type FakeOptions } from '../src/lib/host/fake';
import type { App as State } from '../src/lib/state/app.svelte';

export interface Opened {
  host: FakeHost;
  app: State;
  user: ReturnType<typeof userEvent.setup>;
}

/** Opens the window and waits for its first page. */
export async function open_window(options: FakeOptions = {}): Promise<Opened> {
  const host = fake_host(options);
  const user = userEvent.setup();
  const app = await new Promise<State>((onready) => render(App, { host, onready }));
  await settled();
  return { host, app, user };
}

/** Opens the window on the page where work on its first customer goes on. */
export async function open_customer(options: FakeOptions): Promise<Opened> {
  const opened = await open_window(options);
  const [first] = opened.app.customers;
  if (!first) {
    throw new Error('the fake has no customer');
  }
  opened.app.open(first);
  await settled();
  return opened;
}

/** Lets everything that needs no time happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
}

export const at = (id: string): HTMLElement => screen.getByTestId(id);
export const gone = (id: string): boolean => screen.queryByTestId(id) === null;
export const heading = (): string => at('heading').textContent ?? '';
export const page = (): string | null => at('screen').getAttribute('data-screen');
export const says = (id: string): string => (at(id).textContent ?? '').replace(/\s+/g, ' ').trim();
export const evidence = (key: string): string | null => at(`evidence-${key}`).getAttribute('data-evidence');
export const step_state = (step: string): string | null => at(`step-${step}`).getAttribute('data-state');
export const inside = (id: string) => within(at(id));

/** Waits until something holds; bounded, and without a fixed pause. */
export const until = (holds: () => void): Promise<void> => vi.waitFor(holds, { timeout: 20_000, interval: 5 });
