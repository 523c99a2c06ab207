// Reads logs from one manager while the nodes have sessions with another: two log brokers that talk over encoded messages, on virtual time.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { newOrderLogsRequest } from '../../../../proto/gen/managers.ts';
import { NodeState, TaskState } from '../../../../proto/gen/objects.ts';
import { managersClient } from '../../../../proto/rpc/managers.ts';
import { containerOf, LogRig, type LogClient, type LogManager } from '../../../lib/log-rig.ts';

let rig: LogRig;
let second: LogManager;
let third: LogManager;

/** Node `one` has its session with the first manager, `two` with the second. */
beforeEach(async () => {
  rig = new LogRig();
  second = rig.addManager('second');
  third = rig.addManager('third');
  rig.at('one').moveTo(rig.manager);
  rig.at('two').moveTo(second);
  await rig.clock.settle();
});

afterEach(async () => {
  await rig[Symbol.asyncDispose]();
});

/** Writes lines a millisecond apart, so that each has its time. */
async function write(on: string, task: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    rig.at(on).engine.write(containerOf(task), text);
    await rig.clock.advance(1);
  }
}

/** What came of one task. */
function textsOf(client: LogClient, task: string): readonly string[] {
  return client.texts.filter((text) => text.startsWith(`${task} `));
}

/** `b1`, `b2`, … as they are read. */
function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `b b${index + 1}`);
}

const taskB = { kind: 'task', id: asId<'task'>('b') } as const;

describe('logs that are read once', () => {
  test('come from the nodes of every manager, through any of them', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'two');
    await write('one', 'a', 'a1', 'a2');
    await write('two', 'b', 'b1', 'b2');
    for (const manager of rig.managers.values()) {
      const client = await rig.read({}, undefined, Infinity, manager);
      expect(client).toMatchObject({ ended: 'end', missing: [] });
      expect(client.texts.toSorted()).toEqual(['a a1', 'a a2', 'b b1', 'b b2']);
      expect(client.messages.find(({ taskId }) => taskId === 'b')).toMatchObject({
        nodeId: 'two',
        serviceId: 'web',
      });
    }
    // The first asked the second only, the second the first, the third both: nobody was asked on behalf of somebody else.
    expect([...rig.managers.values()].map(({ relayed }) => relayed)).toEqual([2, 2, 0]);
  });

  test('have the options that were asked for', async () => {
    await rig.task('b', 'two');
    await write('two', 'b', 'b1', 'b2', 'b3');
    rig.at('two').engine.write(containerOf('b'), 'trouble', 'stderr');
    expect((await rig.read({ tail: 2 })).texts).toEqual(['b b3', 'b trouble']);
    expect((await rig.read({ stdout: false }, taskB)).texts).toEqual(['b trouble']);
  });

  test('of many tasks are read a few at a time, and all of them', async () => {
    const count = limits.logReads + 20;
    for (let index = 0; index < count; index += 1) {
      await rig.task(`t${index}`, 'two');
      rig.at('two').engine.write(containerOf(`t${index}`), 'hello');
    }
    const client = await rig.read();
    expect(client.texts).toHaveLength(count);
    expect(client).toMatchObject({ ended: 'end', missing: [] });
    expect(second.relayed).toBe(1);
  });

  test('that the engine cannot give are named with its reason', async () => {
    await rig.task('b', 'two');
    rig.at('two').engine.stop(true);
    expect(await rig.read()).toMatchObject({
      ended: 'end',
      missing: ['taskMissing two cannot connect to the engine'],
    });
  });

  test('of a node that listens to nobody are missing at its deadline, or at once when it is down', async () => {
    await rig.task('b', 'two');
    rig.at('two').disconnect();
    await rig.clock.settle();
    const client = await rig.read();
    expect(client.ended).toBeUndefined();
    await rig.clock.advance(limits.logNodeMs);
    expect(client).toMatchObject({ ended: 'end', missing: ['nodeMissing two'] });
    rig.setNode('two', NodeState.nodeDown);
    expect(await rig.read()).toMatchObject({ ended: 'end', missing: ['nodeMissing two'] });
  });

  test('of a node that has a session elsewhere and does not listen are missing at its deadline', async () => {
    await rig.task('b', 'two');
    rig.at('two').disconnect();
    second.openSession('two', rig.group.signal);
    const client = await rig.read();
    await rig.clock.advance(limits.logNodeMs - 1);
    expect(client.ended).toBeUndefined();
    await rig.clock.advance(1);
    expect(client).toMatchObject({ ended: 'end', missing: ['nodeMissing two'] });
  });
});

describe('logs that are followed', () => {
  test('go on, with tasks that come', async () => {
    await rig.task('b', 'two');
    await write('two', 'b', 'b1');
    const client = await rig.read({ follow: true });
    await write('two', 'b', 'b2');
    await rig.task('c', 'two', TaskState.starting);
    await write('two', 'c', 'c1');
    await write('two', 'b', 'b3');
    expect(client).toMatchObject({ texts: ['b b1', 'b b2', 'c c1', 'b b3'], ended: undefined });
    expect(second.relayed).toBe(1);
  });

  test('of one task end with it', async () => {
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true }, taskB);
    await write('two', 'b', 'b1');
    rig.at('two').engine.exitContainer(containerOf('b'), 0);
    rig.setState('b', TaskState.complete);
    await rig.clock.advance(1000);
    expect(client).toMatchObject({ ended: 'end', texts: ['b b1'] });
  });

  test('have each line once and in order, whichever managers the node turns to', async () => {
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    const way = [rig.manager, third, second, third, rig.manager, second];
    let written = 0;
    for (const manager of way) {
      await write('two', 'b', `b${(written += 1)}`, `b${(written += 1)}`);
      // On its way, and written while nobody listens.
      rig.at('two').engine.write(containerOf('b'), `b${(written += 1)}`);
      rig.at('two').disconnect();
      await write('two', 'b', `b${(written += 1)}`);
      rig.at('two').connect(undefined, manager);
      await rig.clock.advance(10);
    }
    expect(client.texts).toEqual(numbered(written));
    expect(client).toMatchObject({ missing: [], ended: undefined });
  });

  test('go on when a manager that says it has a session says so no longer', async () => {
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    await write('two', 'b', 'b1');
    rig.at('two').moveTo(third);
    const stale = new AbortController();
    second.openSession('two', stale.signal);
    await write('two', 'b', 'b2');
    expect(client.texts).toEqual(numbered(1));
    stale.abort();
    await rig.clock.advance(10);
    await write('two', 'b', 'b3');
    expect(client).toMatchObject({ texts: numbered(3), missing: [] });
  });

  test('go on after the manager of the node has died', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    await write('two', 'b', 'b1');
    await second.stop();
    rig.at('two').disconnect();
    await write('two', 'b', 'b2');
    await write('one', 'a', 'a1');
    expect(client.texts).toEqual(['b b1', 'a a1']);
    await rig.clock.advance(limits.logNodeMs);
    expect(client).toMatchObject({ missing: ['nodeMissing two'], ended: undefined });
    rig.at('two').connect(undefined, third);
    await rig.clock.advance(10);
    await write('two', 'b', 'b3');
    expect(textsOf(client, 'b')).toEqual(numbered(3));
    expect(client.missing).toHaveLength(1);
  });

  test('go on where they were after the connection between the managers broke', async () => {
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    await write('two', 'b', 'b1');
    rig.manager.breakLinks();
    await write('two', 'b', 'b2');
    expect(client.texts).toEqual(numbered(1));
    await rig.clock.advance(limits.logRetryMs);
    await write('two', 'b', 'b3');
    expect(client).toMatchObject({ texts: numbered(3), missing: [] });
    expect(second.relayed).toBe(2);
  });

  test('are missing while the manager that says it has the session cannot be reached', async () => {
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    await write('two', 'b', 'b1');
    rig.managers.delete('second');
    rig.manager.breakLinks();
    await rig.clock.advance(limits.logNodeMs + 1);
    expect(client).toMatchObject({ missing: ['nodeMissing two'], ended: undefined });
    await write('two', 'b', 'b2');
    rig.managers.set('second', second);
    await rig.clock.advance(limits.logRetryMs);
    await write('two', 'b', 'b3');
    expect(client.texts).toEqual(numbered(3));
    expect(client.missing).toHaveLength(1);
  });

  test('go on without a word when the manager is back in time', async () => {
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    await write('two', 'b', 'b1');
    await second.stop();
    rig.at('two').disconnect();
    await write('two', 'b', 'b2');
    const again = rig.addManager('second');
    rig.at('two').connect(undefined, again);
    await rig.clock.advance(1000);
    await write('two', 'b', 'b3');
    expect(client).toMatchObject({ texts: numbered(3), missing: [] });
  });
});

describe('a reader that is slow', () => {
  const line = 'x'.repeat(10_000);
  const count = 400;

  test('stops the engine behind another manager, and gets every line in order', async () => {
    await rig.task('b', 'two');
    for (let index = 0; index < count; index += 1)
      rig.at('two').engine.write(containerOf('b'), `${index} ${line}`);
    const { engine } = rig.at('two');
    const client = await rig.read({ follow: true }, taskB, 1);
    await rig.clock.advance(60_000);
    expect(client.texts).toHaveLength(1);
    const taken = engine.containers()[0]?.log.linesRead ?? 0;
    const bytesHeld = limits.rpcStreamBytes + 2 * limits.logQueueBytes + 6 * limits.logBatchBytes;
    expect(taken * line.length).toBeLessThan(bytesHeld);
    expect(bytesHeld).toBeLessThan(count * line.length);
    client.eat(Infinity);
    await rig.clock.advance(60_000);
    const numbers = client.texts.map((text) => Number(text.split(' ')[1]));
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  test('gets every line once when the node moves while many are on their way', async () => {
    await rig.task('b', 'two');
    const lines = numbered(600).map((text) => `${text.slice(2)} ${line}`);
    await write('two', 'b', ...lines);
    const client = await rig.read({ follow: true }, taskB, 1);
    for (const manager of [third, second, rig.manager, second, third, second]) {
      rig.at('two').moveTo(manager);
      await rig.clock.advance(100);
      client.eat(37);
      await rig.clock.advance(100);
    }
    client.eat(Infinity);
    await rig.clock.advance(60_000);
    expect(client.texts.map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual(
      numbered(600),
    );
    expect(client.missing).toEqual([]);
  });

  test('keeps the others from nothing', async () => {
    await rig.task('b', 'two');
    for (let index = 0; index < count; index += 1)
      rig.at('two').engine.write(containerOf('b'), `${index} ${line}`);
    const slow = await rig.read({ follow: true }, taskB, 1);
    const fast = await rig.read({}, taskB);
    await rig.clock.advance(1000);
    expect(slow.texts).toHaveLength(1);
    slow.leave();
    expect(fast).toMatchObject({ ended: 'end' });
    expect(fast.texts).toHaveLength(count);
  });
});

describe('what nobody reads any more', () => {
  test('is let go by the other manager and its node', async () => {
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    expect(rig.at('two').openStreams).toBe(1);
    client.leave();
    await rig.clock.settle();
    expect(rig.at('two').openStreams).toBe(0);
    expect(client.ended).toBe('end');
  });

  test('is let go when the manager that asked for it dies', async () => {
    await rig.task('b', 'two');
    await rig.read({ follow: true }, undefined, Infinity, third);
    expect(rig.at('two').openStreams).toBe(1);
    await third.stop();
    await rig.clock.settle();
    expect(rig.at('two').openStreams).toBe(0);
  });
});

describe('between managers', () => {
  test('no more readers than the limit are served', async () => {
    await rig.task('b', 'two');
    const { signal } = rig.group;
    const client = managersClient(second.channel('first', 'manager'));
    for (let index = 0; index < limits.logRelays; index += 1) {
      const batches = client.readLogs({}, { signal })[Symbol.asyncIterator]();
      expect(await batches.next()).toMatchObject({ value: { batch: { kind: 'opened' } } });
    }
    const more = client.readLogs({}, { signal })[Symbol.asyncIterator]();
    await expect(more.next()).rejects.toMatchObject({ code: 'tooBusy' });
  });

  test('nobody orders for the reader of another manager', async () => {
    const { signal } = rig.group;
    const mine = managersClient(second.channel('first', 'manager'));
    const batches = mine.readLogs({}, { signal })[Symbol.asyncIterator]();
    const first = await batches.next();
    const batch = first.done === true ? undefined : first.value.batch;
    const reader = batch?.kind === 'opened' ? batch.value : '';
    const order = newOrderLogsRequest({ reader });
    await expect(mine.orderLogs(order, { signal })).resolves.toBeDefined();
    const another = managersClient(second.channel('third', 'manager'));
    await expect(another.orderLogs(order, { signal })).rejects.toMatchObject({ code: 'notFound' });
  });
});
