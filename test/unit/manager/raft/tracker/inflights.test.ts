import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftInvariantError } from '../../../../../manager/raft/invariant.ts';
import { Inflights } from '../../../../../manager/raft/tracker/inflights.ts';

describe('what is under way to a follower', () => {
  it('is full by its count, or by its bytes', () => {
    const byCount = new Inflights({ messagesMax: 2, bytesMax: Infinity });
    byCount.add(1, 100);
    expect(byCount.isFull).toBe(false);
    byCount.add(2, 100);
    expect([byCount.isFull, byCount.count]).toEqual([true, 2]);
    const byBytes = new Inflights({ messagesMax: 9, bytesMax: 10 });
    byBytes.add(1, 9);
    expect(byBytes.isFull).toBe(false);
    byBytes.add(2, 50);
    expect(byBytes.isFull).toBe(true);
    byBytes.freeUpTo(2);
    expect([byBytes.isFull, byBytes.count]).toEqual([false, 0]);
  });

  it('nothing is added when it is full', () => {
    const inflights = new Inflights({ messagesMax: 1, bytesMax: Infinity });
    inflights.add(1, 1);
    expect(() => inflights.add(2, 1)).toThrow(RaftInvariantError);
  });

  it('is as a plain list would be', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ add: fc.integer({ min: 0, max: 3 }), bytes: fc.integer({ min: 0, max: 9 }) }),
        fc.record({ free: fc.integer({ min: 0, max: 30 }) }),
        fc.constant('reset' as const),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const limits = { messagesMax: 5, bytesMax: 20 };
        let inflights = new Inflights(limits);
        let list: { readonly index: number; readonly bytes: number }[] = [];
        let last = 0;
        const isFull = (): boolean =>
          list.length >= 5 || list.reduce((sum, { bytes }) => sum + bytes, 0) >= 20;
        for (const step of taken) {
          if (step === 'reset') {
            inflights.reset();
            list = [];
          } else if ('free' in step) {
            inflights.freeUpTo(step.free);
            list = list.filter(({ index }) => index > step.free);
          } else if (!isFull()) {
            last += step.add;
            inflights.add(last, step.bytes);
            list.push({ index: last, bytes: step.bytes });
          }
          expect([inflights.count, inflights.isFull]).toEqual([list.length, isFull()]);
          inflights = inflights.clone();
        }
      }),
    );
  });
});
