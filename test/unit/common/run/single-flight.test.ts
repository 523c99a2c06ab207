import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../../../common/run/single-flight.ts';

// Work that several want at the same time is done once.

const signal = new AbortController().signal;

describe('SingleFlight', () => {
  it('gives one outcome to all who wait, and begins anew afterwards', async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const work = async (): Promise<number> => {
      runs += 1;
      await Promise.resolve();
      return runs;
    };
    const both = [flights.run('a', work, signal), flights.run('a', work, signal)];
    const other = flights.run('b', work, signal);
    expect(await Promise.all(both)).toEqual([2, 2]);
    expect(await other).toBe(2);
    expect(await flights.run('a', work, signal)).toBe(3);
  });

  it('gives one failure to all who wait', async () => {
    const flights = new SingleFlight<void>();
    const failure = new Error('no');
    const work = (): Promise<void> => Promise.reject(failure);
    const outcomes = await Promise.allSettled([
      flights.run('a', work, signal),
      flights.run('a', work, signal),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  });

  it('lets a caller go alone, and aborts the work with the last one', async () => {
    const flights = new SingleFlight<void>();
    let inner: AbortSignal | undefined;
    const work = (shared: AbortSignal): Promise<void> => {
      inner = shared;
      return new Promise((_, reject) => {
        shared.addEventListener('abort', () => {
          reject(shared.reason as Error);
        });
      });
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const reasons = [new Error('first'), new Error('second')];
    const calls = [flights.run('a', work, first.signal), flights.run('a', work, second.signal)];
    const settled = Promise.allSettled(calls);
    first.abort(reasons[0]);
    await expect(calls[0]).rejects.toBe(reasons[0]);
    expect(inner?.aborted).toBe(false);
    second.abort(reasons[1]);
    await expect(calls[1]).rejects.toBe(reasons[1]);
    expect(inner?.aborted).toBe(true);
    await settled;
    await expect(flights.run('a', () => Promise.resolve(), signal)).resolves.toBeUndefined();
  });

  it('does not begin for a caller whose signal has aborted', async () => {
    const flights = new SingleFlight<void>();
    const reason = new Error('late');
    const call = flights.run('a', () => Promise.resolve(), AbortSignal.abort(reason));
    await expect(call).rejects.toBe(reason);
  });
});
