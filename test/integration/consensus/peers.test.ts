// Shows what the transport between members makes of whoever comes: a removed member, another one in its place, garbage, a renewed certificate, a
// moved or ended process, a snapshot. Real transports talk over real sockets; nothing but what a member may say reaches the other.
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { ChannelCredentials, Client, status, type StatusObject } from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secureContextOf, type NodeCredentials } from '../../../common/platform/tls/credentials.ts';
import type { NodeId } from '../../../common/pure/ids.ts';
import { NodeEntropy } from '../../../common/platform/entropy.ts';
import { limits } from '../../../common/pure/limits.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { toWire } from '../../../manager/consensus/peer-codec.ts';
import type { TransportHearer } from '../../../manager/consensus/transport/config.ts';
import {
  messagesMethod,
  raftChannelOptions,
} from '../../../manager/consensus/transport/raft-service.ts';
import { GrpcTransport } from '../../../manager/consensus/transport/transport.ts';
import { message, type Message } from '../../../manager/raft/message.ts';
import {
  encodePeerFrame,
  newPeerFrame,
  newPeerHello,
  type PeerAnswer,
  type PeerHello,
} from '../../../proto/gen/raft.ts';
import { paddedId, TestAuthority } from '../../lib/certificates.ts';

const incarnation = 4;

function nodeIdOf(raftId: number): NodeId {
  return paddedId<'node'>(`n${raftId}`);
}

/** Addresses of this machine that nobody else listens on: a network of its own for each test. */
class Places {
  readonly #network: string;

  constructor() {
    const [one = 1, two = 1] = new NodeEntropy().bytes(2);
    this.#network = `127.${1 + (one % 250)}.${1 + (two % 250)}`;
  }

  of(raftId: number): { readonly host: string; readonly port: number; readonly address: string } {
    const host = `${this.#network}.${raftId}`;
    return { host, port: 2378, address: `${host}:2378` };
  }
}

/** What a member's transport told it. */
class Hearer implements TransportHearer {
  readonly messages: Message[] = [];
  readonly unreachables: number[] = [];
  readonly goneIds: number[] = [];
  readonly snapshots: Uint8Array[] = [];
  removals = 0;
  #changed: () => void = () => undefined;

  receive(received: Message): void {
    this.messages.push(received);
    this.#changed();
  }

  async receiveSnapshot(_received: Message, content: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    this.snapshots.push(Buffer.concat(chunks));
  }

  unreachable(id: number): void {
    this.unreachables.push(id);
    this.#changed();
  }

  gone(id: number): void {
    this.goneIds.push(id);
    this.#changed();
  }

  removed(): void {
    this.removals += 1;
    this.#changed();
  }

  /** Resolves once `condition` holds after something was heard. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

let authority: TestAuthority;
let places: Places;
let hearer: Hearer;
let target: GrpcTransport;

async function issued(raftId: number): Promise<NodeCredentials> {
  return await authority.issue({ raftId, role: 'manager', nodeId: nodeIdOf(raftId) });
}

async function newTransport(
  raftId: number,
  heard: Hearer,
  changes: { readonly port?: number; readonly incarnation?: number } = {},
): Promise<GrpcTransport> {
  const { host, port, address } = places.of(raftId);
  const transport = new GrpcTransport(
    {
      ...(await issued(raftId)),
      listen: { host, port: changes.port ?? port },
      advertise: changes.port === undefined ? address : `${host}:${changes.port}`,
      nodeId: nodeIdOf(raftId),
      raftId,
      clusterId: authority.clusterId,
      incarnation: changes.incarnation ?? incarnation,
    },
    seededRandom(raftId),
  );
  transport.attach(heard);
  await transport.listen();
  return transport;
}

function peerOf(id: number): { id: number; nodeId: string; address: string } {
  return { id, nodeId: nodeIdOf(id), address: places.of(id).address };
}

beforeAll(async () => {
  authority = await TestAuthority.found();
});

beforeEach(async () => {
  places = new Places();
  hearer = new Hearer();
  target = await newTransport(1, hearer);
});

afterEach(async () => {
  await target[Symbol.asyncDispose]();
});

interface Attempt {
  readonly context: SecureContext;
  readonly hello?: PeerHello;
  readonly messages?: readonly Message[];
  readonly raw?: Uint8Array;
}

/** Opens a stream to the target as `attempt` says, and gives how it ended. */
async function attempted({ context, hello, messages = [], raw }: Attempt): Promise<StatusObject> {
  const client = new Client(
    places.of(1).address,
    ChannelCredentials.createFromSecureContext(context, { checkServerIdentity: () => undefined }),
    { ...raftChannelOptions, 'grpc.max_send_message_length': -1 },
  );
  const stream = client.makeClientStreamRequest<Uint8Array, PeerAnswer>(
    messagesMethod.path,
    (bytes) => Buffer.from(bytes),
    messagesMethod.responseDeserialize,
    () => undefined,
  );
  const ended = new Promise<StatusObject>((resolve) => {
    stream.on('status', resolve);
  });
  const wire = messages.flatMap((one) => toWire(one) ?? []);
  stream.write(raw ?? encodePeerFrame(newPeerFrame({ ...(hello && { hello }), messages: wire })));
  stream.end();
  try {
    return await ended;
  } finally {
    client.close();
  }
}

function helloOf(raftId: number, changes: Partial<PeerHello> = {}): PeerHello {
  const { address } = places.of(raftId);
  return newPeerHello({ raftId, nodeId: nodeIdOf(raftId), address, incarnation, ...changes });
}

function heartbeat(from: number, to = 1, term = 3): Message {
  return message({ type: 'MsgHeartbeat', from, to, term });
}

async function contextOf(credentials: Promise<NodeCredentials>): Promise<SecureContext> {
  return secureContextOf(await credentials);
}

describe('nothing is heard of one', () => {
  async function expectRefused(attempt: Attempt, code: status, details: RegExp): Promise<void> {
    const ended = await attempted(attempt);
    expect({ code: ended.code, details: ended.details }).toEqual({
      code,
      details: expect.stringMatching(details) as unknown,
    });
    expect(hearer.messages).toEqual([]);
    expect(hearer.snapshots).toEqual([]);
  }

  it('that has the raft id of the listener itself', async () => {
    const context = await contextOf(issued(1));
    const attempt = { context, hello: helloOf(1), messages: [heartbeat(1)] };
    await expectRefused(attempt, status.PERMISSION_DENIED, /another member/);
  });

  it('that was removed, and is told so', async () => {
    target.update([], [2]);
    const context = await contextOf(issued(2));
    const attempt = { context, hello: helloOf(2), messages: [heartbeat(2)] };
    await expectRefused(attempt, status.FAILED_PRECONDITION, /removed/);
  });

  it('that says what is no frame, or too much at once', async () => {
    const context = await contextOf(issued(2));
    await expectRefused({ context, raw: new Uint8Array(9).fill(0xff) }, status.INTERNAL, /./);
    const raw = new Uint8Array(limits.peerFrameBytesMax + 1);
    await expectRefused({ context, raw }, status.RESOURCE_EXHAUSTED, /./);
    // The member goes on.
    const good = { context, hello: helloOf(2), messages: [heartbeat(2)] };
    expect(await attempted(good)).toMatchObject({ code: status.OK });
    expect(hearer.messages).toEqual([heartbeat(2)]);
  });

  it('that knows only TLS 1.2, also after the certificate was renewed', async () => {
    const credentials = await issued(2);
    for (const isRenewed of [false, true]) {
      if (isRenewed) target.renew(await issued(1));
      const { host, port } = places.of(1);
      const { certificatePem: cert, privateKeyPem: key, trustRootPem: ca } = credentials;
      const socket = connectTls({ host, port, cert, key, ca, maxVersion: 'TLSv1.2' });
      const code = await new Promise<unknown>((resolve) => {
        socket.on('error', (error: NodeJS.ErrnoException) => {
          resolve(error.code);
        });
        socket.on('secureConnect', () => {
          resolve('connected');
        });
      });
      socket.destroy();
      expect(code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    }
  });

  it('that speaks no TLS at all', async () => {
    const { host, port } = places.of(1);
    const socket = connectTcp(port, host);
    socket.on('error', () => undefined);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await new Promise<void>((resolve) => {
      socket.on('close', () => {
        resolve();
      });
      socket.resume();
    });
    expect(hearer.messages).toEqual([]);
  });
});

describe('members', () => {
  it('hear each other, in order, and a connection lives on when a certificate is renewed', async () => {
    const heardByTwo = new Hearer();
    await using two = await newTransport(2, heardByTwo);
    two.update([peerOf(1)], []);
    target.update([peerOf(2)], []);
    for (let term = 1; term <= 500; term += 1) two.send(heartbeat(2, 1, term));
    target.send(heartbeat(1, 2));
    await hearer.until(() => hearer.messages.length === 500);
    await heardByTwo.until(() => heardByTwo.messages.length === 1);
    expect(hearer.messages.map(({ term }) => term)).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
    target.renew(await issued(1));
    two.renew(await issued(2));
    two.send(heartbeat(2, 1, 501));
    await hearer.until(() => hearer.messages.length === 501);
    expect([...hearer.unreachables, ...heardByTwo.unreachables]).toEqual([]);
  });

  it('a member that nobody has told of is answered where it says that it is', async () => {
    const heardByTwo = new Hearer();
    await using two = await newTransport(2, heardByTwo);
    two.update([peerOf(1)], []);
    two.send(heartbeat(2));
    await hearer.until(() => hearer.messages.length === 1);
    // Main knows the group as it was before.
    target.update([], []);
    target.send(heartbeat(1, 2));
    await heardByTwo.until(() => heardByTwo.messages.length === 1);
  });

  it('a member that comes back under another address is found there', async () => {
    const before = new Hearer();
    {
      await using two = await newTransport(2, before);
      two.update([peerOf(1)], []);
      target.update([peerOf(2)], []);
      target.send(heartbeat(1, 2));
      await before.until(() => before.messages.length === 1);
    }
    const after = new Hearer();
    await using moved = await newTransport(2, after, { port: 2379 });
    moved.update([peerOf(1)], []);
    moved.send(heartbeat(2));
    await hearer.until(() => hearer.messages.length === 1);
    target.update([peerOf(2)], []);
    target.send(heartbeat(1, 2, 9));
    await after.until(() => after.messages.some(({ term }) => term === 9));
  });

  it('a member that is removed while it is connected is told so, and heard no more', async () => {
    const heardByTwo = new Hearer();
    await using two = await newTransport(2, heardByTwo);
    two.update([peerOf(1)], []);
    two.send(heartbeat(2));
    await hearer.until(() => hearer.messages.length === 1);
    target.update([], [2]);
    two.send(heartbeat(2, 1, 7));
    await heardByTwo.until(() => heardByTwo.removals > 0);
    expect(hearer.messages).toHaveLength(1);
  });

  it('who is called must be the member that was meant', async () => {
    const heardByTwo = new Hearer();
    await using two = await newTransport(2, heardByTwo);
    // Where member 3 is said to be, member 1 listens.
    two.update([{ ...peerOf(3), address: places.of(1).address }], []);
    two.send(message({ type: 'MsgHeartbeat', from: 2, to: 3, term: 1 }));
    await heardByTwo.until(() => heardByTwo.unreachables.length > 2);
    expect(hearer.messages).toEqual([]);
    expect(heardByTwo.goneIds).toEqual([]);
  });

  it('a member whose process is gone is told apart from a silent one', async () => {
    const heardByTwo = new Hearer();
    const two = await newTransport(2, heardByTwo);
    target.update([peerOf(2)], []);
    target.send(heartbeat(1, 2));
    await heardByTwo.until(() => heardByTwo.messages.length === 1);
    const closedMs = performance.now();
    await two[Symbol.asyncDispose]();
    await hearer.until(() => hearer.goneIds.length > 0);
    expect(hearer.goneIds).toEqual([2]);
    expect(performance.now() - closedMs).toBeLessThan(500);
  });

  it('a snapshot comes whole, beside the messages, or not at all', async () => {
    const heardByTwo = new Hearer();
    await using two = await newTransport(2, heardByTwo);
    two.update([peerOf(1)], []);
    const content = new Uint8Array(9_000_000).map((_, index) => index % 251);
    const confState = {
      voters: [1, 2],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    const snapshot = { data: new Uint8Array(40), index: 5, term: 2, confState };
    const sent = message({ type: 'MsgSnap', from: 2, to: 1, term: 3, snapshot });
    async function* whole(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < content.length; at += 1_000_000) {
        yield content.slice(at, at + 1_000_000);
        two.send(heartbeat(2));
      }
    }
    await two.sendSnapshot(sent, whole(), new AbortController().signal);
    expect(Buffer.compare(hearer.snapshots[0] ?? new Uint8Array(), content)).toBe(0);
    await hearer.until(() => hearer.messages.length === 9);

    async function* broken(): AsyncGenerator<Uint8Array> {
      yield content.slice(0, 1000);
      throw new Error('the file cannot be read');
    }
    const failed = two.sendSnapshot(sent, broken(), new AbortController().signal);
    await expect(failed).rejects.toThrow('the file cannot be read');
    expect(hearer.snapshots).toHaveLength(1);
  });

  it('what is sent beyond the limits of the queue is lost from its end, and is told to be', async () => {
    const heardByTwo = new Hearer();
    await using two = await newTransport(2, heardByTwo);
    two.update([peerOf(1)], []);
    const more = 100;
    for (let term = 1; term <= limits.peerQueueMessages + more; term += 1)
      two.send(heartbeat(2, 1, term));
    expect(heardByTwo.unreachables).toHaveLength(more);
    await hearer.until(() => hearer.messages.length === limits.peerQueueMessages);
    expect(hearer.messages.at(-1)?.term).toBe(limits.peerQueueMessages);
    two.send(heartbeat(2, 1, 9_999));
    await hearer.until(() => hearer.messages.at(-1)?.term === 9_999);
  });

  it('the same counts bytes, and the largest entry goes through', async () => {
    const heardByTwo = new Hearer();
    await using two = await newTransport(2, heardByTwo);
    two.update([peerOf(1)], []);
    const data = new Uint8Array(limits.entryBytes).fill(7);
    const entries = [{ type: 'EntryNormal', term: 1, index: 1, data }] as const;
    const count = Math.floor(limits.peerQueueBytes / limits.entryBytes);
    for (let sent = 0; sent < count + 1; sent += 1)
      two.send(message({ type: 'MsgApp', from: 2, to: 1, term: 1, entries }));
    expect(heardByTwo.unreachables).toHaveLength(1);
    await hearer.until(() => hearer.messages.length === count);
    expect(hearer.messages.at(-1)?.entries).toEqual(entries);
  });

  it('an address that is taken is named', async () => {
    await expect(newTransport(1, new Hearer())).rejects.toMatchObject({
      code: 'unavailable',
      fields: { address: places.of(1).address },
    });
  });
});
