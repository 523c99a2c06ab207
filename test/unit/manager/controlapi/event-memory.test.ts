// What the node remembers of its clusters' changes, and those who wait for the next.
import { describe, expect, test } from 'vitest';
import type { ClusterEvent } from '../../../../common/ports/cluster-api.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { EventMemory } from '../../../../manager/controlapi/event-memory.ts';

function event(id: string, type: ClusterEvent['type'] = 'service'): ClusterEvent {
  return { type, action: 'update', id, attributes: new Map(), timeMs: 1 };
}

function idsOf(batch: IteratorResult<readonly ClusterEvent[], unknown>): readonly string[] {
  return batch.done === true ? [] : batch.value.map(({ id }) => id);
}

describe('the memory of events', () => {
  test('gives what was first, in order over all types, then what comes', async () => {
    const memory = new EventMemory();
    memory.note(event('a'));
    memory.note(event('b', 'task'));
    memory.note(event('c'));
    const reading = memory.read(new AbortController().signal);
    expect(idsOf(await reading.next())).toEqual(['a', 'b', 'c']);
    memory.note(event('d'));
    memory.note(event('e'));
    expect(idsOf(await reading.next())).toEqual(['d', 'e']);
    await reading.return(undefined);
  });

  test('holds the last of each type, so that tasks do not push out services', async () => {
    const memory = new EventMemory();
    memory.note(event('service'));
    for (let count = 0; count <= limits.eventMemory; count += 1) {
      memory.note(event(`task ${count}`, 'task'));
    }
    const reading = memory.read(new AbortController().signal);
    const ids = idsOf(await reading.next());
    expect(ids.slice(0, 2)).toEqual(['service', 'task 1']);
    expect(ids.length).toBe(1 + limits.eventMemory);
    await reading.return(undefined);
  });

  test('ends for a reader that is too slow, and for nobody else', async () => {
    const memory = new EventMemory();
    const signal = new AbortController().signal;
    const [slow, fast] = [memory.read(signal), memory.read(signal)];
    await slow.next();
    await fast.next();
    for (let count = 0; count <= limits.watchQueueEvents; count += 1) {
      memory.note(event('x'));
      if (count % 1_000 === 0) await fast.next();
    }
    expect(idsOf(await fast.next()).length).toBeGreaterThan(0);
    await expect(slow.next()).rejects.toMatchObject({ code: 'tooBusy' });
    await fast.return(undefined);
  });

  test('lets go when the signal aborts', async () => {
    const memory = new EventMemory();
    const abort = new AbortController();
    const reading = memory.read(abort.signal);
    await reading.next();
    const last = reading.next();
    abort.abort();
    expect(idsOf(await last)).toEqual([]);
    expect((await reading.next()).done).toBe(true);
  });
});
