// A worker's side of logs against a manager that is written here: batches, refusals, ends. The whole way is tested with the broker.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerLogLine, EngineApi } from '../../../../common/ports/engine-api.ts';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { asId } from '../../../../common/pure/ids.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { MemoryRpcServer } from '../../../../common/run/rpc/memory-channel.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import {
  LogVerdict,
  newLogOrder,
  newLogRead,
  newLogStop,
  newPublishLogsResponse,
  type LogOrder,
  type LogRead,
  type PublishLogsRequest,
} from '../../../../proto/gen/logs.ts';
import { logBrokerHandlers, type LogBrokerServer } from '../../../../proto/rpc/logs.ts';
import { LogServer } from '../../../../worker/logs/log-server.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

/** A manager that gives orders and answers batches as it is told; `accepted` unless told otherwise. */
class ScriptedBroker implements LogBrokerServer {
  readonly batches: PublishLogsRequest[] = [];
  readonly answers: (LogVerdict | ShoalError)[] = [];
  readonly #orders: LogOrder[] = [];
  #wake: (() => void) | undefined;

  order(...orders: readonly LogOrder[]): void {
    this.#orders.push(...orders);
    this.#wake?.();
  }

  async *listenLogs(
    _: unknown,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<LogOrder> {
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
    while (!signal.aborted) {
      yield* this.#orders.splice(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async publishLogs(
    request: PublishLogsRequest,
  ): Promise<ReturnType<typeof newPublishLogsResponse>> {
    this.batches.push(request);
    const answer = this.answers.shift() ?? LogVerdict.accepted;
    if (answer instanceof ShoalError) throw answer;
    return newPublishLogsResponse({ verdict: answer });
  }
}

let clock: VirtualClock;
let broker: ScriptedBroker;
let rpc: MemoryRpcServer;
let group: TaskGroup;
/** Lines that the engine gives at once, piece by piece. */
let pieces: ContainerLogLine[][];
let opened: number;
let closed: number;

function line(text: string, second = 1): ContainerLogLine {
  const timestamp = `2026-01-01T00:00:0${second}.000000000Z`;
  return { source: 'stdout', timestamp, details: '', text: new TextEncoder().encode(text) };
}

const engine: Pick<EngineApi, 'containerLogs'> = {
  async containerLogs(_container, { follow }, signal) {
    opened += 1;
    return (async function* () {
      try {
        yield* pieces.splice(0);
        if (!follow) return;
        await clock.sleep(1e9, signal);
      } finally {
        closed += 1;
      }
    })();
  },
};

function start(readId: string, fields: Partial<LogRead> = {}): LogOrder {
  const value = newLogRead({ taskId: 't', stdout: true, tail: -1, sequence: 1, ...fields });
  return newLogOrder({ readId, order: { kind: 'start', value } });
}

beforeEach(() => {
  clock = new VirtualClock();
  broker = new ScriptedBroker();
  rpc = new MemoryRpcServer(logBrokerHandlers(broker), clock);
  group = new TaskGroup();
  pieces = [];
  opened = 0;
  closed = 0;
});

afterEach(async () => {
  group.abort();
  await group[Symbol.asyncDispose]();
  await rpc.close();
});

/** How serving ended; undefined while it goes on. */
function serve(server: MemoryRpcServer = rpc): { reason: string | undefined } {
  const peer = {
    nodeId: asId<'node'>('n'),
    clusterId: asId<'cluster'>('c'),
    role: 'worker',
  } as const;
  const logs = new LogServer({
    engine,
    inspect: async () => ({ containerId: 'c', state: 'running' }),
    clock,
    log: new KeptLog(),
  });
  const end: { reason: string | undefined } = { reason: undefined };
  group.spawn('serving', async (signal) => {
    try {
      await logs.serve(server.channel(peer), 'session', signal);
      end.reason = 'end';
    } catch (error) {
      end.reason = error instanceof ShoalError ? error.code : 'not ours';
    }
  });
  return end;
}

function sent(): string[] {
  return broker.batches.map(({ sequence, lines, end, error }) => {
    const texts = lines.map(({ text }) => new TextDecoder().decode(text)).join(' ');
    return `${sequence} ${texts}${end ? ' end' : ''}${error === '' ? '' : `: ${error}`}`;
  });
}

describe('a log', () => {
  test('is sent in batches of lines that came together, then its end', async () => {
    pieces = [[line('a'), line('b')], [line('c')]];
    serve();
    broker.order(start('r'));
    await clock.settle();
    expect(sent().join('; ')).toMatch(/^1 a b(?:; 2 c; 3 {2}end|; 2 c end)$/);
    expect(broker.batches[0]).toMatchObject({ sessionId: 'session', readId: 'r' });
    expect([opened, closed]).toEqual([1, 1]);
  });

  test('that is not taken is sent again when there is room', async () => {
    pieces = [[line('a')]];
    broker.answers.push(LogVerdict.later, LogVerdict.later, LogVerdict.accepted);
    serve();
    broker.order(start('r', { follow: true }));
    await clock.settle();
    expect(sent()).toEqual(['1 a', '0 ', '0 ', '1 a']);
  });

  test('goes on where the manager says', async () => {
    pieces = [[line('a', 1), line('b', 2), line('c', 3)]];
    serve();
    const after = '2026-01-01T00:00:02.000000000Z';
    broker.order(start('r', { follow: true, after, sequence: 7 }));
    await clock.settle();
    expect(sent()).toEqual(['7 c']);
  });

  test('is let go at once when nobody wants it', async () => {
    serve();
    broker.order(start('r', { follow: true }));
    await clock.settle();
    expect([opened, closed]).toEqual([1, 0]);
    broker.order(newLogOrder({ readId: 'r', order: { kind: 'stop', value: newLogStop() } }));
    await clock.settle();
    expect([opened, closed]).toEqual([1, 1]);
    broker.answers.push(LogVerdict.cancelled);
    pieces = [[line('a')]];
    broker.order(start('s', { follow: true }));
    await clock.settle();
    expect([opened, closed]).toEqual([2, 2]);
  });

  test('waits for a manager that does not answer, and for nothing else', async () => {
    pieces = [[line('a')]];
    broker.answers.push(new ShoalError('unavailable', 'gone'), new ShoalError('timeout', 'late'));
    const end = serve();
    broker.order(start('r', { follow: true }));
    await clock.advance(1000);
    expect(sent()).toEqual(['1 a', '1 a', '1 a']);
    broker.answers.push(new ShoalError('notFound', 'session is not known'));
    pieces = [[line('b')]];
    broker.order(start('s', { follow: true }));
    await clock.settle();
    expect(end.reason).toBe('notFound');
    expect(opened - closed).toBe(0);
  });

  test('beyond what a node reads at once is refused', async () => {
    serve();
    for (let index = 0; index <= limits.engineLogConnections; index += 1)
      broker.order(start(`r${index}`, { follow: true }));
    await clock.settle();
    expect(opened).toBe(limits.engineLogConnections);
    expect(sent()).toEqual(['1  end: too many logs are being read on its node']);
  });
});

describe('a manager', () => {
  test('that goes away ends all reading', async () => {
    const end = serve();
    broker.order(start('r', { follow: true }));
    await clock.settle();
    await rpc.close();
    await clock.settle();
    expect(end.reason).toBe('unavailable');
    expect([opened, closed]).toEqual([1, 1]);
  });

  test('that knows nothing of logs is left alone', async () => {
    await using older = new MemoryRpcServer([], clock);
    const end = serve(older);
    await clock.advance(10_000);
    expect(end.reason).toBeUndefined();
  });
});
