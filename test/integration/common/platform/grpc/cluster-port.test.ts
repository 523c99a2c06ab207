// Knocks at the cluster port over real sockets: with every certificate that must not open it, as a worker at every method that is not a worker's, without a
// certificate at every method that is not anyone's, and with bytes that are no call. Handlers stand behind every method that there is and note who reached
// them: nobody may. Each test ends with a good call, so that a port which answers nobody fails too.
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { GrpcChannel } from '../../../../../common/platform/grpc/channel.ts';
import { ClusterServer } from '../../../../../common/platform/grpc/cluster-server.ts';
import {
  dialForJoining,
  GrpcDialer,
  joinServername,
} from '../../../../../common/platform/grpc/dialer.ts';
import type { NodeCredentials } from '../../../../../common/platform/tls/credentials.ts';
import type { PeerIdentity } from '../../../../../common/ports/identity.ts';
import type { DialedChannel, RpcHandler, RpcMethod } from '../../../../../common/ports/rpc.ts';
import { isShoalError } from '../../../../../common/pure/errors.ts';
import { limits } from '../../../../../common/pure/limits.ts';
import { toPem } from '../../../../../manager/ca/pem.ts';
import { X509Signer } from '../../../../../manager/ca/signer/x509-signer.ts';
import { dispatcherMethods } from '../../../../../proto/rpc/dispatcher.ts';
import { logBrokerMethods } from '../../../../../proto/rpc/logs.ts';
import {
  certificatesMethods,
  joiningMethods,
  managersMethods,
} from '../../../../../proto/rpc/managers.ts';
import { paddedId, TestAuthority } from '../../../../lib/certificates.ts';
import { freePort } from '../../../../lib/sockets.ts';

type AnyMethod = RpcMethod<unknown, unknown>;

const methods: readonly AnyMethod[] = [
  dispatcherMethods,
  logBrokerMethods,
  joiningMethods,
  managersMethods,
  certificatesMethods,
].flatMap((service) => Object.values<AnyMethod>(service));

const authority = await TestAuthority.found();
const serverId = paddedId<'node'>('server');
const strangerId = paddedId<'node'>('stranger');
const serving = await authority.issue({ nodeId: serverId, role: 'manager' });
const goodManager = await authority.issue({ nodeId: strangerId, role: 'manager', raftId: 9 });
const goodWorker = await authority.issue({ nodeId: strangerId, role: 'worker' });

const reached: { readonly method: string; readonly peer: PeerIdentity }[] = [];
let port = 0;
let server: ClusterServer;

beforeEach(async () => {
  reached.length = 0;
  port = await freePort();
  server = new ClusterServer({
    credentials: serving,
    clusterId: authority.clusterId,
    handlers: methods.map(noting),
  });
  await server.listen('127.0.0.1', port);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** Notes who reached `method`, and answers nothing in particular. */
function noting(method: AnyMethod): RpcHandler {
  const empty = method.decodeResponse(new Uint8Array());
  if (method.kind === 'unary')
    return {
      kind: 'unary',
      method,
      handle: async (_, { peer }) => {
        reached.push({ method: method.name, peer });
        return await Promise.resolve(empty);
      },
    };
  return {
    kind: 'serverStream',
    method,
    async *handle(_, { peer }) {
      reached.push({ method: method.name, peer });
      yield await Promise.resolve(empty);
    },
  };
}

function as(credentials: NodeCredentials): DialedChannel {
  const dialer = new GrpcDialer(credentials, authority.clusterId);
  return dialer.dial({ nodeId: serverId, address: `127.0.0.1:${String(port)}` });
}

/** Without a certificate, by `servername`. */
function asNobody(servername: string): DialedChannel {
  const credentials = ChannelCredentials.createSsl(
    Buffer.from(authority.rootPem),
    undefined,
    undefined,
    { checkServerIdentity: () => undefined },
  );
  return new GrpcChannel(`127.0.0.1:${String(port)}`, credentials, servername);
}

/** Calls `method` with an empty request: `done`, or what it failed with. */
async function outcome(channel: DialedChannel, method: AnyMethod): Promise<string> {
  const request = method.decodeRequest(new Uint8Array());
  const { signal } = new AbortController();
  try {
    if (method.kind === 'unary') await channel.unary(method, request, { signal });
    else for await (const _ of channel.serverStream(method, request, { signal }));
    return 'done';
  } catch (error) {
    if (!isShoalError(error)) throw error;
    // What is told says nothing of where it happened.
    expect(error.message).not.toMatch(/node:|\.ts\b|\.js\b|-----BEGIN/);
    return error.code;
  }
}

async function outcomeAs(credentials: NodeCredentials, method: AnyMethod): Promise<string> {
  await using channel = as(credentials);
  return await outcome(channel, method);
}

/** Nobody got in, and who may still does. */
async function expectNobodyButGood(): Promise<void> {
  expect(reached).toEqual([]);
  expect(await outcomeAs(goodManager, managersMethods.submit)).toBe('done');
  expect(reached.map(({ peer }) => peer.nodeId)).toEqual([strangerId]);
}

describe('a certificate does not open the port', () => {
  const wish = { nodeId: strangerId, role: 'manager', raftId: 9 } as const;
  const hourMs = 3_600_000;
  const subject = {
    commonName: strangerId,
    organizationalUnit: 'swarm-manager',
    organization: authority.clusterId,
  };

  /** Every one is offered to a server that trusts `authority`; the stranger itself trusts the server. */
  const strangers: Readonly<Record<string, () => Promise<NodeCredentials>>> = {
    'of another root of the same name': async () =>
      await (await TestAuthority.found(authority.clusterId)).issue(wish),
    'that signed itself': async () => {
      const signer = new X509Signer();
      const keys = await signer.newKeyPair();
      const now = Date.now();
      const template = {
        subject,
        notBeforeMs: now - hourMs,
        notAfterMs: now + hourMs,
        isAuthority: false,
        dnsNames: ['swarm-manager', strangerId],
      };
      return {
        certificatePem: toPem('CERTIFICATE', await signer.selfSign(template, keys)),
        privateKeyPem: toPem('PRIVATE KEY', keys.privateKeyPkcs8),
        trustRootPem: '',
      };
    },
    'signed by a node': async () => {
      const { certificateDer, keys, certificatePem } = goodManager;
      const issuer = { certificateDer, privateKeyPkcs8: keys.privateKeyPkcs8 };
      const leaf = await authority.issue({ ...wish, issuer });
      return { ...leaf, certificatePem: leaf.certificatePem + certificatePem };
    },
    'that has expired': async () =>
      await authority.issue({ ...wish, change: { notAfterMs: Date.now() - 1000 } }),
    'that does not hold yet': async () =>
      await authority.issue({ ...wish, change: { notBeforeMs: Date.now() + hourMs } }),
    'of another cluster': async () =>
      await authority.issue({ ...wish, clusterId: paddedId<'cluster'>('other') }),
    'without a role': async () =>
      await authority.issue({
        ...wish,
        change: { subject: { ...subject, organizationalUnit: '' } },
      }),
    'of a role in capitals': async () =>
      await authority.issue({
        ...wish,
        change: { subject: { ...subject, organizationalUnit: 'SWARM-MANAGER' } },
      }),
    'of the authority itself': async () =>
      await authority.issue({
        ...wish,
        change: { subject: { ...subject, organizationalUnit: 'swarm-ca' } },
      }),
    'whose name is a path': async () =>
      await authority.issue({ ...wish, change: { subject: { ...subject, commonName: '../x' } } }),
    'without a name': async () =>
      await authority.issue({ ...wish, change: { subject: { ...subject, commonName: '' } } }),
    'with a NUL in its name': async () =>
      await authority.issue({
        ...wish,
        change: { subject: { ...subject, commonName: `${strangerId}\0` } },
      }),
  };

  test.each(Object.keys(strangers))('%s', async (name) => {
    const stranger = await strangers[name]?.();
    if (stranger === undefined) throw new Error(name);
    const { rootPem: trustRootPem } = authority;
    for (const method of [managersMethods.submit, dispatcherMethods.session] as AnyMethod[])
      expect(await outcomeAs({ ...stranger, trustRootPem }, method)).toMatch(
        /^(unavailable|unauthenticated)$/,
      );
    await expectNobodyButGood();
  });

  test('once another root is trusted instead, on new connections', async () => {
    const other = await TestAuthority.found(authority.clusterId);
    server.update(await other.issue({ nodeId: serverId, role: 'manager' }));
    const { rootPem: trustRootPem } = other;
    expect(await outcomeAs({ ...goodManager, trustRootPem }, managersMethods.submit)).toBe(
      'unavailable',
    );
    expect(reached).toEqual([]);
    expect(await outcomeAs(await other.issue(wish), managersMethods.submit)).toBe('done');
  });
});

describe('every method that there is', () => {
  test('answers the roles that it names, and no worker where it names none', async () => {
    await using worker = as(goodWorker);
    await using manager = as(goodManager);
    for (const method of methods) {
      for (const [role, channel] of [
        ['worker', worker],
        ['manager', manager],
      ] as const) {
        reached.length = 0;
        const isAllowed = method.roles.includes('anyone') || method.roles.includes(role);
        const said = { method: method.name, role, outcome: await outcome(channel, method) };
        expect(said).toMatchObject({ outcome: isAllowed ? 'done' : 'permissionDenied' });
        expect(reached.map(({ peer }) => peer.role)).toEqual(isAllowed ? [role] : []);
      }
    }
    const forManagers = methods.filter(({ roles }) => roles.join() === 'manager');
    expect(forManagers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.values(managersMethods).map(({ name }) => name)),
    );
  });

  test('is out of reach without a certificate, but for what anyone may call', async () => {
    await using joining = asNobody(joinServername);
    await using known = asNobody(serverId);
    for (const method of methods) {
      reached.length = 0;
      const isOpen = method.roles.includes('anyone');
      const said = [method.name, await outcome(joining, method)];
      expect(said).toEqual([method.name, isOpen ? 'done' : 'notImplemented']);
      expect(reached.map(({ peer }) => peer.role)).toEqual(isOpen ? ['anyone'] : []);
    }
    reached.length = 0;
    expect(await outcome(known, joiningMethods.root)).toBe('unavailable');
    expect(reached).toEqual([]);
  });

  test('believes no certificate that is shown at the way in for nobody', async () => {
    const credentials = ChannelCredentials.createSsl(
      Buffer.from(authority.rootPem),
      Buffer.from(goodManager.privateKeyPem),
      Buffer.from(goodManager.certificatePem),
      { checkServerIdentity: () => undefined },
    );
    await using channel = new GrpcChannel(`127.0.0.1:${String(port)}`, credentials, joinServername);
    expect(await outcome(channel, managersMethods.submit)).toBe('notImplemented');
    await expectNobodyButGood();
  });
});

describe('who answers', () => {
  test('must be the manager that is meant: neither another one, nor a worker, nor of another root', async () => {
    const dialer = new GrpcDialer(goodWorker, authority.clusterId);
    const address = `127.0.0.1:${String(port)}`;
    await using wrong = dialer.dial({ nodeId: paddedId('another'), address });
    expect(await outcome(wrong, dispatcherMethods.heartbeat)).toBe('unavailable');
    const other = await TestAuthority.found(authority.clusterId);
    await using misled = dialForJoining(address, other.rootPem);
    expect(await outcome(misled, joiningMethods.join)).toBe('unavailable');
    server.update(await authority.issue({ nodeId: serverId, role: 'worker' }));
    expect(await outcomeAs(goodWorker, dispatcherMethods.heartbeat)).toBe('unavailable');
    await using joining = dialForJoining(address, authority.rootPem);
    expect(await outcome(joining, joiningMethods.join)).toBe('unavailable');
    expect(reached).toEqual([]);
  });
});

/** The first message of a client that asks for `servername`, as it would go over the network. */
async function greetingFor(servername: string): Promise<Buffer> {
  const ear = createServer().listen(0, '127.0.0.1');
  await once(ear, 'listening');
  const connected = once(ear, 'connection') as Promise<[Socket]>;
  const { port: earPort } = ear.address() as AddressInfo;
  const client = connectTls({
    host: '127.0.0.1',
    port: earPort,
    servername,
    minVersion: 'TLSv1.3',
  });
  client.on('error', () => undefined);
  const [socket] = await connected;
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  client.destroy();
  ear.close();
  return greeting;
}

describe('what is no call', () => {
  /** Says `bytes` and waits until the port hangs up; how long it took in milliseconds. */
  async function hungUp(bytes: Uint8Array): Promise<number> {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    socket.resume();
    const begun = performance.now();
    socket.write(bytes);
    await once(socket, 'close');
    return performance.now() - begun;
  }

  test.each<readonly [string, Uint8Array]>([
    ['HTTP in clear', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['HTTP/2 in clear', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['zeros', new Uint8Array(64)],
    ['a record of the greatest length', Buffer.from([22, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff])],
    ['a greeting without an end', new Uint8Array(limits.tlsHelloBytes + 1).fill(22)],
    ['nothing', new Uint8Array()],
    ['half of a greeting', Buffer.from([22, 3, 1, 2, 0, 1, 0])],
  ])('%s is hung up on in time', async (_, bytes) => {
    expect(await hungUp(bytes)).toBeLessThan(2 * limits.tlsHandshakeMs + 1000);
    await expectNobodyButGood();
  });

  test.each([joinServername, serverId as string])(
    'half of a handshake with %s is hung up on in time',
    async (servername) => {
      expect(await hungUp(await greetingFor(servername))).toBeLessThan(
        2 * limits.tlsHandshakeMs + 1000,
      );
      await expectNobodyButGood();
    },
  );

  test.each(['TLSv1.1', 'TLSv1.2'] as const)('%s is refused', async (version) => {
    for (const servername of [joinServername, serverId as string]) {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        servername,
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        ciphers: 'ALL:@SECLEVEL=0',
        cert: goodManager.certificatePem,
        key: goodManager.privateKeyPem,
      });
      const said = await new Promise<string>((resolve) => {
        socket.on('error', () => {
          resolve('refused');
        });
        socket.on('secureConnect', () => {
          resolve('connected');
        });
      });
      expect(said).toBe('refused');
      socket.destroy();
    }
    await expectNobodyButGood();
  });

  test('a request larger than a message may be, or one that is no message, reaches nobody', async () => {
    const { submit } = managersMethods;
    const raw = (bytes: Uint8Array): AnyMethod => ({ ...submit, encodeRequest: () => bytes });
    await using channel = as(goodManager);
    const tooLarge = raw(new Uint8Array(limits.rpcMessageBytes + 1));
    expect(await outcome(channel, tooLarge)).toBe('limitExceeded');
    for (const bytes of [
      new Uint8Array(11).fill(0xff),
      Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
      Buffer.from([0x0a, 0x05, 1]),
    ])
      expect(await outcome(channel, raw(bytes))).toBe('internal');
    expect(await outcome(channel, { ...submit, name: 'Managers/other' })).toBe('notImplemented');
    await expectNobodyButGood();
  });
});

test('one address without a certificate has so many connections and no more, and those with one go on', async () => {
  const most = limits.rpcJoiningConnectionsPerAddress;
  const open = Array.from({ length: most }, () => asNobody(joinServername));
  try {
    for (const channel of open) expect(await outcome(channel, joiningMethods.root)).toBe('done');
    await using oneMore = asNobody(joinServername);
    expect(await outcome(oneMore, joiningMethods.root)).toBe('unavailable');
    reached.length = 0;
    await expectNobodyButGood();
  } finally {
    for (const channel of open) await channel[Symbol.asyncDispose]();
  }
});
