import { once } from 'node:events';
import type { WithProcess } from './global-setup.ts';

/** Lets the process end, and waits until it has taken its files away. */
export default async function globalTeardown(): Promise<void> {
  const { outsideJest } = globalThis as WithProcess;
  if (!outsideJest) return;
  const exited = once(outsideJest, 'exit');
  outsideJest.disconnect();
  await exited;
}
