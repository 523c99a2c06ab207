// Shows that a notice is never lost and never felt twice, and that a wait leaves nothing behind on its signal.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Wakeup } from '../../../../common/run/wakeup.ts';

const never = new AbortController().signal;

/** True when `wait` resolves without any notice to come. */
async function isReady(wait: Promise<void>): Promise<boolean> {
  let isDone = false;
  void wait.then(() => {
    isDone = true;
  });
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return isDone;
}

test('a notice before the wait ends it at once, and only that one', async () => {
  const wakeup = new Wakeup();
  wakeup.notify();
  wakeup.notify();
  expect(await isReady(wakeup.wait(never))).toBe(true);
  expect(await isReady(wakeup.wait(never))).toBe(false);
});

test('a notice ends the wait under way, and the next one waits again', async () => {
  const wakeup = new Wakeup();
  const first = wakeup.wait(never);
  expect(await isReady(first)).toBe(false);
  wakeup.notify();
  expect(await isReady(first)).toBe(true);
  expect(await isReady(wakeup.wait(never))).toBe(false);
});

test('an abort ends the wait, and a signal that has aborted lets none begin', async () => {
  const wakeup = new Wakeup();
  const abort = new AbortController();
  const wait = wakeup.wait(abort.signal);
  abort.abort();
  expect(await isReady(wait)).toBe(true);
  expect(await isReady(wakeup.wait(abort.signal))).toBe(true);
});

test('a wait leaves no listener on its signal', async () => {
  const wakeup = new Wakeup();
  const { signal } = new AbortController();
  for (let round = 0; round < 3; round += 1) {
    const wait = wakeup.wait(signal);
    wakeup.notify();
    await wait;
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a second waiter at the same time is a bug', async () => {
  const wakeup = new Wakeup();
  void wakeup.wait(never);
  await expect(wakeup.wait(never)).rejects.toThrow('one waiter at a time');
});
