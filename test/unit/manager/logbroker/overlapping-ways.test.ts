// What nodes and other managers still say on a way that is not the node's any more, while it has another one: played by hand, beside nodes
// that do as the product does. No line comes twice for it, none is lost, and nobody is called missing.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { encodeUtf8 } from '../../../../common/pure/utf8.ts';
import {
  LogSource,
  LogVerdict,
  newListenLogsRequest,
  newLogLine,
  newPublishLogsRequest,
  type LogOrder,
  type PublishLogsRequest,
} from '../../../../proto/gen/logs.ts';
import { TaskState } from '../../../../proto/gen/objects.ts';
import { logBrokerClient } from '../../../../proto/rpc/logs.ts';
import { containerOf, LogRig, type LogManager } from '../../../lib/log-rig.ts';

let rig: LogRig;
let second: LogManager;

beforeEach(async () => {
  rig = new LogRig();
  second = rig.addManager('second');
  rig.at('two').disconnect();
  await rig.task('b', 'two');
  await rig.clock.settle();
});

afterEach(async () => {
  await rig[Symbol.asyncDispose]();
});

async function write(...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    rig.at('two').engine.write(containerOf('b'), text);
    await rig.clock.advance(1);
  }
}

/** Node `two` at one manager, played by hand. */
class HandPlayedNode {
  readonly orders: LogOrder[] = [];
  readonly #client: ReturnType<typeof logBrokerClient>;
  readonly #sessionId: string;
  readonly #listening = new AbortController();

  constructor(at: LogManager) {
    this.#client = logBrokerClient(at.channel('two'));
    this.#sessionId = at.openSession('two', rig.group.signal);
    rig.group.spawn('listen', async () => {
      const request = newListenLogsRequest({ sessionId: this.#sessionId });
      const orders = this.#client.listenLogs(request, { signal: this.#listening.signal });
      try {
        for await (const order of orders) this.orders.push(order);
      } catch {
        // It listens no more.
      }
    });
  }

  stopListening(): void {
    this.#listening.abort(new Error('it listens no more'));
  }

  /** What becomes of lines that are sent under the first order. */
  async publish(sequence: number, ...texts: readonly string[]): Promise<LogVerdict> {
    const lines = texts.map((text, at) =>
      newLogLine({
        source: LogSource.stdout,
        timestamp: `2030-01-01T00:00:00.${String(at).padStart(9, '0')}Z`,
        text: encodeUtf8(`${text}\n`),
      }),
    );
    const request: PublishLogsRequest = newPublishLogsRequest({
      sessionId: this.#sessionId,
      readId: this.orders[0]?.readId ?? '',
      sequence,
      lines,
    });
    const answer = this.#client.publishLogs(request, { signal: rig.group.signal });
    await rig.clock.settle();
    return (await answer).verdict;
  }
}

describe('a node that has turned to another manager', () => {
  test('is not heard any more by the one that it had', async () => {
    const byHand = new HandPlayedNode(rig.manager);
    await rig.clock.settle();
    const client = await rig.read({ follow: true });
    expect(byHand.orders).toHaveLength(1);
    byHand.stopListening();
    rig.at('two').connect(undefined, second);
    await rig.clock.settle();
    await write('b1', 'b2');
    expect(client.texts).toEqual(['b b1', 'b b2']);
    expect(await byHand.publish(3, 'b2')).toBe(LogVerdict.cancelled);
    expect(client.texts).toEqual(['b b1', 'b b2']);
    await write('b3');
    expect(client).toMatchObject({ texts: ['b b1', 'b b2', 'b b3'], missing: [] });
  });

  test('is heard by the one that the reader is at, and not through the other one any more', async () => {
    const byHand = new HandPlayedNode(second);
    await rig.clock.settle();
    const client = await rig.read({ follow: true });
    expect(byHand.orders).toHaveLength(1);
    rig.at('two').connect();
    await rig.clock.settle();
    await write('b1', 'b2');
    await byHand.publish(3, 'b2');
    await rig.clock.advance(1);
    expect(client.texts).toEqual(['b b1', 'b b2']);
    await write('b3');
    expect(client).toMatchObject({ texts: ['b b1', 'b b2', 'b b3'], missing: [] });
    // It is told that nobody wants it.
    expect(byHand.orders.map(({ order }) => order?.kind)).toEqual(['start', 'stop']);
  });
});

test('a node that listens here is heard, whatever another manager says of it', async () => {
  rig.at('two').connect();
  await rig.clock.settle();
  const client = await rig.read({ follow: true });
  await write('b1');
  second.openSession('two', rig.group.signal);
  await rig.clock.settle();
  await write('b2');
  await rig.clock.advance(limits.logNodeMs * 2);
  await write('b3');
  expect(client).toMatchObject({ texts: ['b b1', 'b b2', 'b b3'], missing: [] });
  expect(second.relayed).toBe(0);
});

describe('a manager that got a snapshot', () => {
  test('gives the logs of tasks that came meanwhile to whoever follows', async () => {
    rig.at('two').connect();
    const client = await rig.read({ follow: true });
    await write('b1');
    let made: Promise<void> | undefined;
    rig.passOver(() => {
      made = rig.task('c', 'two', TaskState.starting);
    });
    await made;
    rig.at('two').engine.write(containerOf('c'), 'c1');
    await rig.clock.advance(1000);
    await write('b2');
    expect(client.texts.toSorted()).toEqual(['b b1', 'b b2', 'c c1']);
  });

  test('ends a log whose service went meanwhile', async () => {
    rig.at('two').connect();
    const target = { kind: 'task', id: asId<'task'>('b') } as const;
    const client = await rig.read({ follow: true }, target);
    await write('b1');
    rig.at('two').engine.exitContainer(containerOf('b'), 0);
    await rig.clock.advance(1000);
    rig.passOver(() => {
      rig.setState('b', TaskState.complete);
    });
    await rig.clock.settle();
    expect(client).toMatchObject({ texts: ['b b1'], ended: 'end' });
  });
});
