// Watchers see each event once and in order, resume exactly, and are told to list again when they lie too far behind.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../../common/pure/limits.ts';
import { Table } from '../../../../proto/gen/objects.ts';
import type { StoreEvent } from '../../../../manager/store/events.ts';
import { WatchHub } from '../../../../manager/store/watch.ts';
import { StoreFixture } from '../../../lib/store-fixture.ts';

function event(revision: number): StoreEvent {
  return {
    revision,
    table: Table.nodes,
    key: 'n',
    kind: 'update',
    facets: [],
    before: undefined,
    after: undefined,
  };
}

function publish(hub: WatchHub, revision: number, count = 1): void {
  hub.publish(
    revision,
    Array.from({ length: count }, () => event(revision)),
  );
  hub.flush();
}

const noWake = (): void => undefined;

describe('a watcher', () => {
  it('sees what comes after it began, once', () => {
    const hub = new WatchHub(0);
    publish(hub, 1);
    const watcher = hub.watch(undefined, noWake);
    expect(watcher.take()).toEqual({ kind: 'empty' });
    publish(hub, 2, 2);
    expect(watcher.take()).toEqual({ kind: 'events', events: [event(2), event(2)] });
    expect(watcher.take()).toEqual({ kind: 'empty' });
  });

  it('resumes after a revision', () => {
    const hub = new WatchHub(0);
    for (let revision = 1; revision <= 5; revision += 1) publish(hub, revision);
    expect(hub.watch(3, noWake).take()).toEqual({ kind: 'events', events: [event(4), event(5)] });
    expect(hub.watch(5, noWake).take()).toEqual({ kind: 'empty' });
  });

  it('is told to list again when the history does not reach back', () => {
    const hub = new WatchHub(10);
    publish(hub, 11);
    expect(hub.watch(9, noWake).take()).toEqual({ kind: 'resync', revision: 11 });
    expect(hub.watch(10, noWake).take()).toEqual({ kind: 'events', events: [event(11)] });
    for (let n = 0; n < limits.watchHistoryEvents; n += 1) publish(hub, 12 + n);
    expect(hub.watch(11, noWake).take().kind).toBe('resync');
  });

  it('is told to list again after a revision that is not of this history', () => {
    const hub = new WatchHub(10);
    const watcher = hub.watch(20, noWake);
    expect(watcher.take()).toEqual({ kind: 'resync', revision: 10 });
    publish(hub, 11);
    expect(watcher.take()).toEqual({ kind: 'events', events: [event(11)] });
  });

  it('that is too slow is told to list again, and then goes on', () => {
    const hub = new WatchHub(0);
    const slow = hub.watch(undefined, noWake);
    const fast = hub.watch(undefined, noWake);
    for (let n = 1; n <= limits.watchQueueEvents + 1; n += 1) {
      publish(hub, n);
      fast.take();
    }
    expect(fast.take().kind).toBe('empty');
    expect(slow.take()).toEqual({ kind: 'resync', revision: limits.watchQueueEvents + 1 });
    publish(hub, 99_999);
    expect(slow.take()).toEqual({ kind: 'events', events: [event(99_999)] });
  });

  it('loses no event when the history is trimmed within its reach', () => {
    const hub = new WatchHub(0);
    const watcher = hub.watch(undefined, noWake);
    let next = 1;
    for (let revision = 1; revision <= 30_000; revision += 1) {
      publish(hub, revision);
      if (revision % 1000 !== 0) continue;
      const take = watcher.take();
      const revisions = take.kind === 'events' ? take.events.map((seen) => seen.revision) : [];
      expect(revisions).toEqual(Array.from({ length: 1000 }, (_, n) => next + n));
      next += 1000;
    }
    expect(next).toBe(30_001);
  });

  it('is woken once until it takes', () => {
    const hub = new WatchHub(0);
    let wakes = 0;
    const watcher = hub.watch(undefined, () => {
      wakes += 1;
    });
    publish(hub, 1);
    publish(hub, 2);
    expect(wakes).toBe(1);
    watcher.take();
    publish(hub, 3);
    expect(wakes).toBe(2);
    watcher.close();
    watcher.close();
    publish(hub, 4);
    expect(wakes).toBe(2);
  });

  it('lists again after the state was replaced', () => {
    const hub = new WatchHub(0);
    const watcher = hub.watch(undefined, noWake);
    publish(hub, 1);
    hub.reset(50);
    expect(watcher.take()).toEqual({ kind: 'resync', revision: 50 });
    publish(hub, 51);
    expect(watcher.take()).toEqual({ kind: 'events', events: [event(51)] });
  });

  it('is refused when there are too many', () => {
    const hub = new WatchHub(0);
    for (let n = 0; n < limits.watchers; n += 1) hub.watch(undefined, noWake);
    expect(() => hub.watch(undefined, noWake)).toThrow(
      expect.objectContaining({ code: 'limitExceeded' }),
    );
  });

  it('hears of the sets of one entry together', () => {
    const fixture = new StoreFixture();
    let wakes = 0;
    fixture.store.watch(undefined, () => {
      wakes += 1;
    });
    fixture.applyAll([{}, {}]);
    expect(wakes).toBe(0);
    fixture.node('n1');
    expect(wakes).toBe(1);
  });
});
