// Shows that calls within one process behave as calls over a network: encoded, checked for role, size and time, bounded, cancelled.
// A small dispatcher stands behind the channel; time is virtual.
import { describe, expect, test } from 'vitest';
import type { ServerCall } from '../../../../../common/ports/rpc.ts';
import { asId } from '../../../../../common/pure/ids.ts';
import { ShoalError } from '../../../../../common/pure/errors.ts';
import { InvariantError } from '../../../../../common/pure/invariant.ts';
import { limits } from '../../../../../common/pure/limits.ts';
import { MemoryRpcServer, type RpcLink } from '../../../../../common/run/rpc/memory-channel.ts';
import {
  type HeartbeatRequest,
  newEndpointsMessage,
  newHeartbeatRequest,
  newHeartbeatResponse,
  newSessionMessage,
  newSessionRequest,
} from '../../../../../proto/gen/dispatcher.ts';
import {
  dispatcherClient,
  dispatcherHandlers,
  type DispatcherServer,
} from '../../../../../proto/rpc/dispatcher.ts';
import { VirtualClock } from '../../../../lib/virtual-clock.ts';

const worker = {
  nodeId: asId<'node'>('n1'),
  clusterId: asId<'cluster'>('c1'),
  role: 'worker',
} as const;

const failure = (code: string): unknown => expect.objectContaining({ code });

function notCalled(): never {
  throw new InvariantError('this method is not called');
}

async function* noMessages(): AsyncGenerator<never, void, undefined> {
  // Ends at once.
}

/** A dispatcher of which the test gives the methods that it calls. */
function dispatcherOf(methods: Partial<DispatcherServer>): DispatcherServer {
  return {
    session: noMessages,
    heartbeat: notCalled,
    assignments: noMessages,
    endpoints: noMessages,
    reportStatus: notCalled,
    acknowledgeEndpoints: notCalled,
    describe: notCalled,
    ...methods,
  };
}

interface Setup {
  readonly methods: Partial<DispatcherServer>;
  readonly link?: RpcLink;
  readonly role?: 'worker' | 'manager' | 'proxy';
}

function connect(setup: Setup) {
  const clock = new VirtualClock();
  const server = new MemoryRpcServer(dispatcherHandlers(dispatcherOf(setup.methods)), clock);
  const channel = server.channel({ ...worker, role: setup.role ?? 'worker' }, setup.link);
  const controller = new AbortController();
  const { signal } = controller;
  return { clock, server, channel, controller, signal, client: dispatcherClient(channel) };
}

/** What `work` is rejected with; undefined when it is not. Heard from the start, whenever the test asks. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** Resolves never; rejects when the call is over. */
async function untilAborted(call: ServerCall): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  call.signal.addEventListener('abort', () => {
    reject(call.signal.reason as Error);
  });
  return await promise;
}

describe('a unary call', () => {
  test('carries the request, the peer and the response, as copies', async () => {
    const seen: { request: HeartbeatRequest; call: ServerCall }[] = [];
    const { client, server, signal } = connect({
      methods: {
        heartbeat: async (request, call) => {
          seen.push({ request, call });
          return newHeartbeatResponse({ periodMs: 5000 });
        },
      },
    });
    const request = newHeartbeatRequest({ sessionId: 's' });
    await expect(client.heartbeat(request, { signal })).resolves.toStrictEqual({ periodMs: 5000 });
    expect(seen[0]?.request).toStrictEqual(request);
    expect(seen[0]?.request).not.toBe(request);
    expect(seen[0]?.call.peer).toEqual(worker);
    await server.close();
  });

  test('fails with the code, the message and the fields of the handler, without its cause', async () => {
    const { client, server, signal } = connect({
      methods: {
        heartbeat: async () => {
          const cause = new Error('inner');
          throw new ShoalError('notFound', 'no such session', {
            fields: { sessionId: 's' },
            cause,
          });
        },
      },
    });
    const error: unknown = await client
      .heartbeat(newHeartbeatRequest(), { signal })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'notFound', message: 'no such session' });
    expect(error).toMatchObject({ fields: { sessionId: 's' } });
    expect(error).not.toHaveProperty('cause');
    await server.close();
  });

  test('hands a bug of the handler on as it is', async () => {
    const { client, server, signal } = connect({ methods: {} });
    await expect(client.heartbeat(newHeartbeatRequest(), { signal })).rejects.toThrow(
      InvariantError,
    );
    await server.close();
  });

  test('is refused to a role that the contract does not name', async () => {
    const { client, server, signal } = connect({ methods: {}, role: 'proxy' });
    await expect(client.heartbeat(newHeartbeatRequest(), { signal })).rejects.toThrow(
      failure('permissionDenied'),
    );
    await server.close();
  });

  test('is refused by a server without the method', async () => {
    const server = new MemoryRpcServer([], new VirtualClock());
    const client = dispatcherClient(server.channel(worker));
    const { signal } = new AbortController();
    await expect(client.heartbeat(newHeartbeatRequest(), { signal })).rejects.toThrow(
      failure('notImplemented'),
    );
    await server.close();
  });

  test('is refused when a message is too large, either way', async () => {
    const { client, server, signal } = connect({
      methods: {
        reportStatus: async () => ({ unknownTasks: ['x'.repeat(limits.rpcMessageBytes)] }),
      },
    });
    const sessionId = 'x'.repeat(limits.rpcMessageBytes);
    await expect(client.heartbeat(newHeartbeatRequest({ sessionId }), { signal })).rejects.toThrow(
      failure('limitExceeded'),
    );
    await expect(client.reportStatus({ sessionId: '', reports: [] }, { signal })).rejects.toThrow(
      failure('limitExceeded'),
    );
    await server.close();
  });

  test('fails as timeout at its deadline, and the handler is told', async () => {
    const reasons: unknown[] = [];
    const { client, clock, server, signal } = connect({
      methods: {
        heartbeat: async (_request, call) =>
          await untilAborted(call).catch((reason: unknown) => {
            reasons.push(reason);
            throw reason;
          }),
      },
    });
    const answer = client.heartbeat(newHeartbeatRequest(), { signal, deadlineMs: 100 });
    const outcome = failureOf(answer);
    await clock.advance(99);
    expect(reasons).toEqual([]);
    await clock.advance(1);
    expect(await outcome).toEqual(failure('timeout'));
    expect(reasons).toEqual([failure('cancelled')]);
    await server.close();
  });

  test('has a deadline also when its caller names none', async () => {
    const { client, clock, server, signal } = connect({
      methods: { heartbeat: async (_request, call) => await untilAborted(call) },
    });
    const outcome = failureOf(client.heartbeat(newHeartbeatRequest(), { signal }));
    await clock.advance(limits.rpcUnaryMs);
    expect(await outcome).toEqual(failure('timeout'));
    await server.close();
  });

  test('rejects with the reason when its caller gives up, before or during', async () => {
    const { client, controller, server, signal } = connect({
      methods: { heartbeat: async (_request, call) => await untilAborted(call) },
    });
    const outcome = failureOf(client.heartbeat(newHeartbeatRequest(), { signal }));
    controller.abort(new Error('enough'));
    expect(await outcome).toEqual(expect.objectContaining({ message: 'enough' }));
    await expect(client.heartbeat(newHeartbeatRequest(), { signal })).rejects.toThrow('enough');
    await server.close();
  });

  test('leaves no timer and no listener behind', async () => {
    let listeners = 0;
    const { client, clock, server, signal } = connect({
      methods: { heartbeat: async () => newHeartbeatResponse() },
    });
    const counting = new Proxy(signal, {
      get(target, property) {
        if (property === 'addEventListener') listeners += 1;
        if (property === 'removeEventListener') listeners -= 1;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    for (let round = 0; round < 10; round += 1) {
      await client.heartbeat(newHeartbeatRequest(), { signal: counting });
    }
    expect(listeners).toBe(0);
    expect(clock.nextDueMs()).toBeUndefined();
    await server.close();
  });

  test('that nobody waits for any more still shows its bugs, when the server closes', async () => {
    const { client, controller, clock, server, signal } = connect({
      methods: {
        heartbeat: async (_request, call) => {
          await failureOf(untilAborted(call));
          throw new InvariantError('a bug on the way out');
        },
      },
    });
    const outcome = failureOf(client.heartbeat(newHeartbeatRequest(), { signal }));
    await clock.settle();
    controller.abort(new Error('enough'));
    await outcome;
    await clock.settle();
    await expect(server.close()).rejects.toThrow('a bug on the way out');
  });
});

describe('a stream', () => {
  test('carries messages in order to its end', async () => {
    const { client, server, signal } = connect({
      methods: {
        endpoints: async function* () {
          for (let version = 1; version <= 3; version += 1) yield newEndpointsMessage({ version });
        },
      },
    });
    const messages = await collect(client.endpoints({ sessionId: 's' }, { signal }));
    expect(messages.map((message) => message.version)).toEqual([1, 2, 3]);
    await server.close();
  });

  test('delivers what came before a failure, then the failure', async () => {
    const { client, server, signal } = connect({
      methods: {
        endpoints: async function* () {
          yield newEndpointsMessage({ version: 1 });
          throw new ShoalError('notFound', 'session is gone');
        },
      },
    });
    const versions: number[] = [];
    const reading = (async () => {
      for await (const message of client.endpoints({ sessionId: 's' }, { signal })) {
        versions.push(message.version);
      }
    })();
    await expect(reading).rejects.toThrow(failure('notFound'));
    expect(versions).toEqual([1]);
    await server.close();
  });

  test('stops its writer at the credit when the reader does not pull', async () => {
    let written = 0;
    const remove = ['x'.repeat(limits.rpcMessageBytes / 2)];
    const { client, clock, server, signal } = connect({
      methods: {
        endpoints: async function* () {
          for (;;) {
            written += 1;
            yield newEndpointsMessage({ remove });
          }
        },
      },
    });
    const reader = client.endpoints({ sessionId: 's' }, { signal })[Symbol.asyncIterator]();
    await reader.next();
    await clock.settle();
    const credit = Math.floor(limits.rpcStreamBytes / (limits.rpcMessageBytes / 2));
    expect(written).toBeLessThanOrEqual(credit + 2);
    const before = written;
    await reader.next();
    await clock.settle();
    expect(written).toBe(before + 1);
    await reader.return?.();
    await server.close();
  });

  test('ends its handler when the reader stops', async () => {
    let hasEnded = false;
    const { client, clock, server, signal } = connect({
      methods: {
        session: async function* (_request, call) {
          try {
            yield newSessionMessage({ sessionId: 's' });
            await untilAborted(call);
          } finally {
            hasEnded = true;
          }
        },
      },
    });
    for await (const message of client.session(newSessionRequest(), { signal })) {
      expect(message.sessionId).toBe('s');
      break;
    }
    await clock.settle();
    expect(hasEnded).toBe(true);
    await server.close();
  });

  test('throws the reason when its caller gives up', async () => {
    const { client, controller, server, signal } = connect({
      methods: {
        session: async function* (_request, call) {
          yield newSessionMessage({ sessionId: 's' });
          await untilAborted(call);
        },
      },
    });
    const reader = client.session(newSessionRequest(), { signal })[Symbol.asyncIterator]();
    await reader.next();
    const outcome = failureOf(reader.next());
    controller.abort(new Error('enough'));
    expect(await outcome).toEqual(expect.objectContaining({ message: 'enough' }));
    await server.close();
  });
});

describe('a broken connection', () => {
  test('fails calls in flight and later ones as unavailable, and aborts their handlers', async () => {
    const ended: string[] = [];
    const wait = async (call: ServerCall, name: string): Promise<never> => {
      try {
        return await untilAborted(call);
      } finally {
        ended.push(name);
      }
    };
    const { channel, client, clock, server, signal } = connect({
      methods: {
        heartbeat: async (_request, call) => await wait(call, 'heartbeat'),
        session: async function* (_request, call) {
          yield newSessionMessage();
          await wait(call, 'session');
        },
      },
    });
    const reader = client.session(newSessionRequest(), { signal })[Symbol.asyncIterator]();
    await reader.next();
    const stream = failureOf(reader.next());
    const unary = failureOf(client.heartbeat(newHeartbeatRequest(), { signal }));
    await clock.settle();
    channel.disconnect();
    channel.disconnect();
    expect(await stream).toEqual(failure('unavailable'));
    expect(await unary).toEqual(failure('unavailable'));
    await clock.settle();
    expect(ended.toSorted()).toEqual(['heartbeat', 'session']);
    await expect(client.heartbeat(newHeartbeatRequest(), { signal })).rejects.toThrow(
      failure('unavailable'),
    );
    const again = dispatcherClient(server.channel(worker));
    await expect(collect(again.endpoints({ sessionId: '' }, { signal }))).resolves.toEqual([]);
    await server.close();
  });

  test('is what every channel of a closed server is', async () => {
    const { client, server, signal } = connect({
      methods: { heartbeat: async (_request, call) => await untilAborted(call) },
    });
    const outcome = failureOf(client.heartbeat(newHeartbeatRequest(), { signal }));
    await server.close();
    await server.close();
    expect(await outcome).toEqual(failure('unavailable'));
    const late = dispatcherClient(server.channel(worker));
    await expect(late.heartbeat(newHeartbeatRequest(), { signal })).rejects.toThrow(
      failure('unavailable'),
    );
  });
});

describe('a link', () => {
  test('delays each message both ways', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const directions: string[] = [];
    const link: RpcLink = {
      deliver: async (direction) => {
        directions.push(direction);
        await clock.sleep(10, signal);
      },
    };
    const server = new MemoryRpcServer(
      dispatcherHandlers(dispatcherOf({ heartbeat: async () => newHeartbeatResponse() })),
      clock,
    );
    const client = dispatcherClient(server.channel(worker, link));
    let answeredAtMs: number | undefined;
    const answer = client.heartbeat(newHeartbeatRequest(), { signal }).then(() => {
      answeredAtMs = clock.nowMs();
    });
    await clock.advance(30);
    await answer;
    expect(answeredAtMs).toBe(20);
    expect(directions).toEqual(['up', 'down']);
    await server.close();
  });

  test('that never delivers is a partition: the deadline ends the call, and the server closes', async () => {
    const link: RpcLink = { deliver: async () => await new Promise<never>(() => undefined) };
    const { client, clock, server, signal } = connect({ methods: {}, link });
    const outcome = failureOf(client.heartbeat(newHeartbeatRequest(), { signal, deadlineMs: 50 }));
    await clock.advance(50);
    expect(await outcome).toEqual(failure('timeout'));
    await server.close();
  });

  test('that loses a message fails the call', async () => {
    const link: RpcLink = {
      deliver: async () => {
        throw new ShoalError('unavailable', 'connection is gone');
      },
    };
    const { client, server, signal } = connect({ methods: {}, link });
    await expect(client.heartbeat(newHeartbeatRequest(), { signal })).rejects.toThrow(
      failure('unavailable'),
    );
    await server.close();
  });
});
