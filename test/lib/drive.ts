import type { VirtualClock } from './virtual-clock.ts';

/** Lets virtual time pass, one timer at a time, until `call` has an outcome, and gives it. */
export async function drive<T>(clock: VirtualClock, call: Promise<T>): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  call.then(end, end);
  await clock.settle();
  while (!isOver && (await clock.step())) await clock.settle();
  return await call;
}
