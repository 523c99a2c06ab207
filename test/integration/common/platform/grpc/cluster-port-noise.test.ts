// Sends a manager's port what is no request: arbitrary bytes to every method with a good certificate, and other protocols than its own. No handler
// hears of it, and nodes of the cluster are answered afterwards. Who is let in is shown in grpc/cluster-port.test.ts.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { GrpcChannel } from '../../../../../common/platform/grpc/channel.ts';
import { ClusterServer } from '../../../../../common/platform/grpc/cluster-server.ts';
import { contextRules, secureContextOf } from '../../../../../common/platform/tls/credentials.ts';
import type { DialedChannel, RpcHandler, RpcMethod } from '../../../../../common/ports/rpc.ts';
import { isShoalError } from '../../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { dispatcherMethods } from '../../../../../proto/rpc/dispatcher.ts';
import { logBrokerMethods } from '../../../../../proto/rpc/logs.ts';
import {
  certificatesMethods,
  joiningMethods,
  managersMethods,
} from '../../../../../proto/rpc/managers.ts';
import { paddedId, TestAuthority, type IssuedCertificate } from '../../../../lib/certificates.ts';
import { freePort } from '../../../../lib/sockets.ts';

type AnyMethod = RpcMethod<unknown, unknown>;

const methods = Object.values({
  ...joiningMethods,
  ...managersMethods,
  ...certificatesMethods,
  ...dispatcherMethods,
  ...logBrokerMethods,
}) as readonly AnyMethod[];
const [submit] = methods.filter(({ name }) => name === 'Managers/submit');
const nodeId = paddedId<'node'>('n2');
const noMessages: readonly unknown[] = [];

let authority: TestAuthority;
let server: ClusterServer;
let port: number;
/** Names of methods whose handlers were called. */
let called: string[];

beforeAll(async () => {
  authority = await TestAuthority.found();
  const credentials = await authority.issue({ nodeId: paddedId('n1'), role: 'manager' });
  server = new ClusterServer({
    credentials,
    clusterId: authority.clusterId,
    handlers: methods.map(handlerOf),
  });
  port = await freePort();
  await server.listen('127.0.0.1', port);
});

beforeEach(() => {
  called = [];
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function handlerOf(method: AnyMethod): RpcHandler {
  if (method.kind === 'unary') {
    const handle = (): Promise<unknown> => {
      called.push(method.name);
      return Promise.resolve(method.decodeResponse(new Uint8Array()));
    };
    return { kind: 'unary', method, handle };
  }
  const handle = async function* (): AsyncIterable<unknown> {
    called.push(method.name);
    yield* noMessages;
  };
  return { kind: 'serverStream', method, handle };
}

/** A channel of whoever holds this certificate, who does not look whom it talks to. */
function channelOf(who: IssuedCertificate): DialedChannel {
  const credentials = ChannelCredentials.createFromSecureContext(secureContextOf(who), {
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  return new GrpcChannel(`127.0.0.1:${String(port)}`, credentials, 'n1');
}

/** The code of the error with which a call of `method` fails, or `answered`. @param bytes of the request; an empty one unless given */
async function outcomeOf(
  channel: DialedChannel,
  method: AnyMethod,
  bytes = new Uint8Array(),
): Promise<string> {
  const raw: AnyMethod = { ...method, encodeRequest: () => bytes };
  const options = { signal: AbortSignal.timeout(20_000) };
  try {
    if (method.kind === 'unary') await channel.unary(raw, undefined, options);
    else for await (const _ of channel.serverStream(raw, undefined, options));
    return 'answered';
  } catch (error) {
    if (!isShoalError(error)) throw error;
    expect(error.message).not.toMatch(/\.ts:\d|node_modules|at /);
    return error.code;
  }
}

async function asManager(): Promise<IssuedCertificate> {
  return await authority.issue({ nodeId, role: 'manager' });
}

async function expectServed(): Promise<void> {
  if (submit === undefined) throw new Error('there is no such method');
  await using channel = channelOf(await asManager());
  called = [];
  expect(await outcomeOf(channel, submit)).toBe('answered');
  expect(called).toEqual([submit.name]);
}

describe('every method', () => {
  test('outlives requests of arbitrary bytes', async () => {
    await using channel = channelOf(await asManager());
    const random = seededRandom(20_261_201);
    for (const method of methods) {
      for (let time = 0; time < 40; time += 1) {
        const bytes = Uint8Array.from({ length: random.below(64) }, () => random.below(256));
        expect(await outcomeOf(channel, method, bytes)).toMatch(
          /^(?:answered|internal|corrupt|invalidArgument|limitExceeded)$/,
        );
      }
    }
    await expectServed();
  }, 120_000);
});

describe('a connection', () => {
  test('that offers another protocol than HTTP/2 is refused', async () => {
    const who = await asManager();
    const ALPNProtocols = ['http/1.1'];
    const { certificatePem: cert, privateKeyPem: key } = who;
    const secureContext = createSecureContext({ ...contextRules, cert, key });
    const place = { host: '127.0.0.1', port, rejectUnauthorized: false };
    const socket = connectTls({ ...place, secureContext, ALPNProtocols });
    expect(await endOf(socket, 'GET / HTTP/1.1\r\nHost: n1\r\n\r\n')).not.toMatch(/^HTTP\/1\.1 2/);
    expect(called).toEqual([]);
    await expectServed();
  });

  test.each([
    ['plain HTTP', Buffer.from('POST /shoal.Managers/submit HTTP/1.1\r\n\r\n')],
    ['plain HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['zeros', Buffer.alloc(4096)],
  ])(
    'with %s is ended, and hears nothing of use',
    async (_, bytes) => {
      const socket = connectTcp({ host: '127.0.0.1', port });
      const heard = await endOf(socket, bytes);
      expect(heard).not.toMatch(/HTTP|error|at /);
      expect(called).toEqual([]);
      await expectServed();
    },
    60_000,
  );
});

/** What the other side says until it ends the connection. */
async function endOf(socket: Socket, bytes?: string | Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    resolve(heard);
  });
  if (bytes !== undefined) socket.write(bytes);
  return await promise;
}
