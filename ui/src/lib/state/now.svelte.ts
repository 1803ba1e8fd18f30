/** The time, for whatever counts down. It ticks only while somebody looks. */
import { createSubscriber } from 'svelte/reactivity';

const SECOND = 1000;

const subscribe = createSubscriber((update) => {
  const tick = setInterval(update, SECOND);
  return () => clearInterval(tick);
});

/** Milliseconds since 1970, read anew each second. */
export function now(): number {
  subscribe();
  return Date.now();
}
