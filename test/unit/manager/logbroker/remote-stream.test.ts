// The logs that a reader has through another manager, which is played by hand: what is still on its way for an earlier order of the same log
// does not count.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { Wakeup } from '../../../../common/run/wakeup.ts';
import { MemoryRpcServer } from '../../../../common/run/rpc/memory-channel.ts';
import { RemoteStream } from '../../../../manager/logbroker/remote-stream.ts';
import { TaskRead } from '../../../../manager/logbroker/task-read.ts';
import { LogVerdict, newLogRead, newPublishLogsRequest } from '../../../../proto/gen/logs.ts';
import {
  newLogBatch,
  newOrderLogsResponse,
  type LogBatch,
} from '../../../../proto/gen/managers.ts';
import { managersHandlers } from '../../../../proto/rpc/managers.ts';
import { nodeId } from '../../../lib/store-proposer.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

let clock: VirtualClock;
let group: TaskGroup;
let server: MemoryRpcServer;
let stream: RemoteStream;
let says: LogBatch['batch'][];
let said: Wakeup;
/** Names that were started. */
let names: string[];
/** Sequences that the reader was given. */
let taken: number[];

const none = (): never => {
  throw new Error('nobody asks for this');
};

beforeEach(() => {
  clock = new VirtualClock();
  group = new TaskGroup();
  [says, names, taken] = [[{ kind: 'opened', value: 'reader' }], [], []];
  said = new Wakeup();
  server = new MemoryRpcServer(
    managersHandlers({
      submit: none,
      observe: none,
      compare: none,
      readLogs: async function* (_request, { signal }) {
        while (!signal.aborted) {
          for (const batch of says.splice(0)) yield newLogBatch({ batch });
          await said.wait(signal);
        }
      },
      orderLogs: ({ orders }) => {
        for (const { order } of orders)
          if (order?.order?.kind === 'start') names.push(order.readId);
        return Promise.resolve(newOrderLogsResponse());
      },
    }),
    clock,
  );
  const peer = {
    nodeId: nodeId('first'),
    clusterId: asId<'cluster'>('c'),
    role: 'manager',
  } as const;
  const channel = server.channel(peer);
  stream = new RemoteStream({
    channel: () => channel,
    clock,
    sink: {
      publish: (_read, { sequence }) => {
        taken.push(sequence);
        return Promise.resolve(LogVerdict.accepted);
      },
      nodeCame: () => undefined,
      nodeWent: () => undefined,
    },
  });
  group.spawn('stream', (signal) => stream.run(signal));
});

afterEach(async () => {
  await group[Symbol.asyncDispose]();
  await server.close();
});

async function publish(readId: string | undefined, sequence: number): Promise<void> {
  says.push({
    kind: 'published',
    value: newPublishLogsRequest({ readId: readId ?? '', sequence }),
  });
  said.notify();
  await clock.settle();
}

test('what comes under the name of an earlier order is not taken', async () => {
  const order = newLogRead({ taskId: 'b', sequence: 1 });
  const read = new TaskRead({ id: 'read', serviceId: asId('s'), nodeId: nodeId('two'), order });
  stream.start(read);
  await clock.settle();
  stream.stop(read);
  await clock.settle();
  stream.start(read);
  await clock.settle();
  expect(names).toHaveLength(2);
  const [before, now] = names;
  await publish(before, 7);
  await publish(now, 8);
  expect(taken).toEqual([8]);
});
