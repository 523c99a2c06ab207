// Reads logs as the API does, from workers that are asked over encoded messages, on virtual time: what comes, what is missing, what is let go.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RpcChannel } from '../../../../common/ports/rpc.ts';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { asId } from '../../../../common/pure/ids.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { LogVerdict, newLogLine, newPublishLogsRequest } from '../../../../proto/gen/logs.ts';
import {
  newTaskPlacement,
  newTaskStatus,
  NodeState,
  Table,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import { logBrokerClient } from '../../../../proto/rpc/logs.ts';
import { containerOf, LogRig } from '../../../lib/log-rig.ts';

let rig: LogRig;

beforeEach(() => {
  rig = new LogRig();
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

const taskA = { kind: 'task', id: asId<'task'>('a') } as const;

describe('logs that are read once', () => {
  test('come from every node, the dead tasks too, and end', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'two');
    await rig.task('dead', 'two', TaskState.failed);
    await write('one', 'a', 'a1', 'a2');
    await write('two', 'b', 'b1');
    await write('two', 'dead', 'last words');
    rig.at('two').engine.exitContainer(containerOf('dead'), 1);
    const client = await rig.read();
    expect(client.texts.toSorted()).toEqual(['a a1', 'a a2', 'b b1', 'dead last words']);
    expect(client.messages[0]).toMatchObject({ nodeId: 'one', serviceId: 'web', source: 'stdout' });
    expect(client).toMatchObject({ ended: 'end', missing: [] });
  });

  test('of tasks that have not started, or have no container, are empty', async () => {
    await rig.task('early', 'one', TaskState.preparing);
    await rig.task('gone', 'one', TaskState.shutdown);
    const { engine } = rig.at('one');
    const options = { force: true, volumes: true };
    await engine.removeContainer(containerOf('gone'), options, rig.group.signal);
    expect(await rig.read()).toMatchObject({ ended: 'end', messages: [] });
  });

  test('have as many lines of each task as were asked for', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'two');
    await write('one', 'a', 'a1', 'a2', 'a3');
    await write('two', 'b', 'b1', 'b2', 'b3');
    const client = await rig.read({ tail: 2 });
    expect(client.texts.toSorted()).toEqual(['a a2', 'a a3', 'b b2', 'b b3']);
    expect((await rig.read({ tail: 0 })).texts).toEqual([]);
  });

  test('begin at the time, and have the streams, that were asked for', async () => {
    await rig.task('a', 'one');
    await write('one', 'a', 'early');
    await rig.clock.advance(10_000);
    const since = `${rig.clock.wallMs() / 1000}`;
    await write('one', 'a', 'late');
    rig.at('one').engine.write(containerOf('a'), 'trouble', 'stderr');
    expect((await rig.read({ since })).texts).toEqual(['a late', 'a trouble']);
    expect((await rig.read({ stdout: false })).texts).toEqual(['a trouble']);
    expect((await rig.read({ stderr: false, since })).texts).toEqual(['a late']);
  });

  test('of one task are those of that task', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'one');
    await write('one', 'a', 'a1');
    await write('one', 'b', 'b1');
    expect((await rig.read({}, taskA)).texts).toEqual(['a a1']);
  });

  test('of many tasks are read a few at a time, and all of them', async () => {
    const count = limits.logReads + 20;
    for (let index = 0; index < count; index += 1) {
      await rig.task(`t${index}`, 'one');
      rig.at('one').engine.write(containerOf(`t${index}`), 'hello');
    }
    const client = await rig.read();
    expect(client.texts).toHaveLength(count);
    expect(client.ended).toBe('end');
  });

  test('that the engine cannot give are named, and the others come', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'two');
    await write('two', 'b', 'b1');
    rig.at('one').engine.stop(true);
    const client = await rig.read();
    expect(client.texts).toEqual(['b b1']);
    expect(client.missing).toEqual(['taskMissing one cannot connect to the engine']);
    expect(client.ended).toBe('end');
  });

  test('of an engine that hangs end at its deadline', async () => {
    await rig.task('a', 'one');
    rig.at('one').engine.hang();
    const client = await rig.read();
    expect(client.ended).toBeUndefined();
    await rig.clock.advance(limits.engineLogMs);
    expect(client.missing).toEqual(['taskMissing one the engine does not answer']);
    expect(client.ended).toBe('end');
  });
});

describe('a node that is away', () => {
  test('keeps nobody from the logs of the others, and is named at its deadline', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'two');
    await rig.task('c', 'two');
    await write('one', 'a', 'a1');
    rig.at('two').disconnect();
    await rig.clock.settle();
    const client = await rig.read();
    expect(client.texts).toEqual(['a a1']);
    expect(client.ended).toBeUndefined();
    await rig.clock.advance(limits.logNodeMs);
    expect(client.missing).toEqual(['nodeMissing two']);
    expect(client.ended).toBe('end');
  });

  test('is not waited for when it is known to be down, or was removed', async () => {
    await rig.task('a', 'two');
    rig.at('two').disconnect();
    rig.setNode('two', NodeState.nodeDown);
    await rig.clock.settle();
    expect(await rig.read()).toMatchObject({ ended: 'end', missing: ['nodeMissing two'] });
    rig.remove(Table.nodes, 'two');
    expect(await rig.read()).toMatchObject({ ended: 'end', missing: ['nodeMissing two'] });
  });

  test('is heard when it comes back in time', async () => {
    await rig.task('a', 'one');
    await write('one', 'a', 'a1');
    rig.at('one').disconnect();
    await rig.clock.settle();
    const client = await rig.read();
    await rig.clock.advance(limits.logNodeMs - 1000);
    rig.at('one').connect();
    await rig.clock.advance(10_000);
    expect(client).toMatchObject({ ended: 'end', missing: [], texts: ['a a1'] });
  });

  test('that many tasks are on ends all of them at once', async () => {
    for (let index = 0; index < 3000; index += 1) {
      rig.proposer.fixture.task(`t${index}`, {
        serviceId: 'web',
        placement: newTaskPlacement({ nodeId: 'two', placedAtMs: 1 }),
        status: newTaskStatus({ state: TaskState.running }),
      });
    }
    rig.at('two').disconnect();
    rig.setNode('two', NodeState.nodeDown);
    await rig.clock.settle();
    expect(await rig.read()).toMatchObject({ ended: 'end', missing: ['nodeMissing two'] });
  });
});

describe('logs that are followed', () => {
  test('go on, with tasks that come, from their first line on', async () => {
    await rig.task('a', 'one');
    await write('one', 'a', 'a1', 'a2');
    const client = await rig.read({ follow: true, tail: 1 });
    expect(client.texts).toEqual(['a a2']);
    await write('one', 'a', 'a3');
    await rig.task('b', 'two', TaskState.preparing);
    await rig.container('b', 'two');
    await write('two', 'b', 'b1', 'b2');
    expect(client.texts).toEqual(['a a2', 'a a3']);
    rig.setState('b', TaskState.starting);
    await rig.clock.settle();
    expect(client.texts).toEqual(['a a2', 'a a3', 'b b1', 'b b2']);
    rig.setState('b', TaskState.running);
    await write('two', 'b', 'b3');
    expect(client.texts.at(-1)).toBe('b b3');
    expect(client.ended).toBeUndefined();
  });

  test('of a task whose container starts later begin then', async () => {
    await rig.task('a', 'one', TaskState.preparing);
    const { engine } = rig.at('one');
    await engine.createContainer(containerOf('a'), { Image: 'shoal-test/web:1' }, rig.group.signal);
    rig.setState('a', TaskState.starting);
    const client = await rig.read({ follow: true });
    await rig.clock.advance(1000);
    await engine.startContainer(containerOf('a'), rig.group.signal);
    await write('one', 'a', 'a1');
    await rig.clock.advance(1000);
    expect(client.texts).toEqual(['a a1']);
  });

  test('of one task end with it', async () => {
    await rig.task('a', 'one');
    const client = await rig.read({ follow: true }, taskA);
    await write('one', 'a', 'a1');
    rig.at('one').engine.exitContainer(containerOf('a'), 0);
    await rig.clock.advance(1000);
    expect(client.ended).toBeUndefined();
    rig.setState('a', TaskState.complete);
    await rig.clock.settle();
    expect(client).toMatchObject({ ended: 'end', texts: ['a a1'] });
  });

  test('of a service end when it is removed and its tasks are over', async () => {
    await rig.task('a', 'one');
    const client = await rig.read({ follow: true });
    rig.remove(Table.services, 'web');
    await write('one', 'a', 'bye');
    expect(client.ended).toBeUndefined();
    rig.at('one').engine.exitContainer(containerOf('a'), 0);
    rig.setState('a', TaskState.shutdown);
    await rig.clock.advance(1000);
    expect(client).toMatchObject({ ended: 'end', texts: ['a bye'] });
  });

  test('go on without a gap or a line twice after the node was away, and it is told that it is', async () => {
    await rig.task('a', 'one');
    await write('one', 'a', 'a1', 'a2');
    const client = await rig.read({ follow: true });
    rig.at('one').disconnect();
    await write('one', 'a', 'a3');
    await rig.clock.advance(limits.logNodeMs);
    expect(client).toMatchObject({ missing: ['nodeMissing one'], ended: undefined });
    rig.at('one').connect();
    await rig.clock.advance(10);
    await write('one', 'a', 'a4');
    expect(client.texts).toEqual(['a a1', 'a a2', 'a a3', 'a a4']);
    expect(client.missing).toHaveLength(1);
  });

  test('go on without a gap or a line twice after the engine was away', async () => {
    await rig.task('a', 'one');
    await write('one', 'a', 'a1');
    const client = await rig.read({ follow: true });
    const { engine } = rig.at('one');
    engine.stop(true);
    engine.write(containerOf('a'), 'a2');
    await rig.clock.advance(20_000);
    engine.start();
    await rig.clock.advance(5000);
    await write('one', 'a', 'a3');
    expect(client.texts).toEqual(['a a1', 'a a2', 'a a3']);
    expect(client.ended).toBeUndefined();
  });
});

describe('a client that', () => {
  test('leaves ends the streams of the engines at once', async () => {
    await rig.task('a', 'one');
    await rig.task('b', 'two');
    const client = await rig.read({ follow: true });
    expect([rig.at('one').openStreams, rig.at('two').openStreams]).toEqual([1, 1]);
    client.leave();
    await rig.clock.settle();
    expect(client.ended).toBe('end');
    expect([rig.at('one').openStreams, rig.at('two').openStreams]).toEqual([0, 0]);
  });

  test('leaves while it does not read does so, too', async () => {
    await rig.task('a', 'one');
    await write('one', 'a', ...Array.from({ length: 20 }, (_, index) => `${index}`));
    const client = await rig.read({ follow: true }, undefined, 1);
    client.leave();
    await rig.clock.settle();
    expect(rig.at('one').openStreams).toBe(0);
  });

  test('stops reading stops the engine, and gets the rest when it goes on', async () => {
    await rig.task('a', 'one');
    const line = 'x'.repeat(8000);
    const count = 400;
    for (let index = 0; index < count; index += 1)
      rig.at('one').engine.write(containerOf('a'), `${index} ${line}`);
    const { engine } = rig.at('one');
    const client = await rig.read({}, undefined, 1);
    await rig.clock.advance(60_000);
    expect(client.texts).toHaveLength(1);
    const taken = engine.containers()[0]?.log.linesRead ?? 0;
    const bytesHeld = limits.logQueueBytes + 4 * limits.logBatchBytes;
    expect(taken * 8000).toBeLessThan(bytesHeld);
    client.eat(Infinity);
    await rig.clock.advance(1000);
    expect(client.texts.map((text) => text.split(' ')[1])).toEqual(
      Array.from({ length: count }, (_, index) => String(index)),
    );
    expect(client.ended).toBe('end');
  });

  test('is one too many is refused', async () => {
    await rig.task('a', 'one');
    for (let index = 0; index < limits.logReaders; index += 1) await rig.read({ follow: true });
    expect((await rig.read()).ended).toBe('tooBusy');
  });

  test('reads when the manager stops learns why it ends', async () => {
    await rig.task('a', 'one');
    const client = await rig.read({ follow: true });
    rig.broker[Symbol.dispose]();
    await rig.clock.settle();
    expect(client.ended).toBe('unavailable');
  });
});

describe('between manager and node', () => {
  test('an answer that is lost costs no line and gives none twice', async () => {
    let losses = 0;
    rig.at('one').disconnect();
    rig.at('one').connect((channel) => losingAnswers(channel, () => (losses += 1) % 2 === 1));
    await rig.task('a', 'one');
    await write('one', 'a', 'a1', 'a2');
    const client = await rig.read({ follow: true });
    await rig.clock.advance(1000);
    await write('one', 'a', 'a3');
    await rig.clock.advance(1000);
    expect(client.texts).toEqual(['a a1', 'a a2', 'a a3']);
    expect(losses).toBeGreaterThan(1);
  });

  test('a node cannot speak for another, nor without a session', async () => {
    await rig.task('a', 'one');
    const client = await rig.read({ follow: true });
    const sessionId = rig.openSession('two', rig.group.signal);
    const lines = [newLogLine({ timestamp: '2026-01-01T00:00:00.000000000Z' })];
    const readId = 'read-3';
    const say = newPublishLogsRequest({ sessionId, readId, sequence: 1, lines });
    const { signal } = rig.group;
    const two = logBrokerClient(rig.channel('two'));
    expect((await two.publishLogs(say, { signal })).verdict).toBe(LogVerdict.cancelled);
    const one = logBrokerClient(rig.channel('one'));
    await expect(one.publishLogs(say, { signal })).rejects.toMatchObject({ code: 'notFound' });
    const mine = { ...say, sessionId: rig.openSession('one', signal) };
    expect((await one.publishLogs(mine, { signal })).verdict).toBe(LogVerdict.accepted);
    expect(client.texts).toEqual(['a ']);
  });
});

/** A way on which answers to batches are lost. */
function losingAnswers(channel: RpcChannel, isLost: () => boolean): RpcChannel {
  return {
    async unary(method, request, options) {
      const response = await channel.unary(method, request, options);
      if (isLost()) throw new ShoalError('unavailable', 'connection is gone');
      return response;
    },
    serverStream: (method, request, options) => channel.serverStream(method, request, options),
  };
}
