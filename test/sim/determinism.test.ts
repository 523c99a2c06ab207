/**
 * A seed decides everything: two processes that run it have the same trace, event for event. Whoever reads the process's own clock or
 * chance within simulated code ends the run.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

import { armTripwires, TripwireError } from './tripwires.ts';

const run = promisify(execFile);

async function tracesOf(seeds: string): Promise<string> {
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout } = await run(process.execPath, [main, '--seeds', seeds]);
  return stdout.replaceAll(/^\d+ seeds,.*$/gm, '');
}

test('two processes that run the same seeds have the same traces', async () => {
  const [one, other] = await Promise.all([tracesOf('1..4'), tracesOf('1..4')]);
  expect(one).toMatch(/^(?:seed \d+: .* trace [0-9a-f]{16}\n){4}/);
  expect(other).toBe(one);
});

test('simulated code that reads the present or draws from the process is found out', () => {
  const touched: string[] = [];
  const disarm = armTripwires((name) => touched.push(name));
  const tries: (() => unknown)[] = [
    () => Date.now(),
    () => new Date(),
    () => Math.random(),
    () => performance.now(),
    () => setTimeout(() => undefined, 1),
    () => setImmediate(() => undefined),
    () => AbortSignal.timeout(1),
    () => fetch('http://localhost/'),
  ];
  const errors: unknown[] = [];
  for (const attempt of tries) {
    try {
      attempt();
    } catch (error) {
      errors.push(error);
    }
  }
  const given = new Date(0).toISOString();
  disarm();
  expect(errors.every((error) => error instanceof TripwireError)).toBe(true);
  expect(errors).toHaveLength(tries.length);
  expect(touched).toHaveLength(tries.length);
  expect(given).toBe('1970-01-01T00:00:00.000Z');
  expect(Date.now()).toBeGreaterThan(0);
});
