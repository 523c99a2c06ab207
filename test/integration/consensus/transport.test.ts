// Shows that members in threads of their own agree over real sockets with mutual TLS, that a snapshot crosses apart, that another one leads at once
// when the leader's process is gone, and that nobody else gets a word in.
import { connect } from 'node:tls';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { secureContextOf } from '../../../common/platform/tls/credentials.ts';
import {
  messagesMethod,
  raftChannelOptions,
} from '../../../manager/consensus/transport/raft-service.ts';
import { toWire } from '../../../manager/consensus/peer-codec.ts';
import { message } from '../../../manager/raft/message.ts';
import {
  newPeerFrame,
  newPeerHello,
  type PeerAnswer,
  type PeerFrame,
} from '../../../proto/gen/raft.ts';
import { paddedId, TestAuthority, type IssuedCertificate } from '../../lib/certificates.ts';
import { ThreadGroup, type ThreadMember } from './threads.ts';

let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.found();
});

describe('three members over sockets', () => {
  it('elect one leader and agree', async () => {
    await using group = await ThreadGroup.start(authority);
    const leader = await group.leader();
    const requests = ['a', 'b', 'c'].map((text) => leader.propose(text));
    for (const member of group.members) {
      await member.until(() => (member.texts.length === 3 ? true : undefined));
      expect(member.texts).toEqual(['a', 'b', 'c']);
    }
    const last = requests.at(-1) ?? 0;
    expect(await leader.until(() => leader.outcomeOf(last))).toBe('committed');
    const progress = await leader.until(() =>
      leader.heard.find(
        (heard) => heard.kind === 'progress' && heard.peers.every((peer) => peer.isActive),
      ),
    );
    expect(progress).toMatchObject({ peers: [{ isActive: true }, { isActive: true }] });
  });

  it('another one leads when the leader is gone, with all that was acknowledged', async () => {
    await using group = await ThreadGroup.start(authority);
    const first = await group.leader();
    const request = first.propose('kept');
    await first.until(() => first.outcomeOf(request));
    await group.kill(first);
    for (const member of group.members) member.leadership = undefined;
    const second = await group.leader();
    second.propose('after');
    for (const member of group.members) {
      await member.until(() => (member.texts.length === 2 ? true : undefined));
      expect(member.texts).toEqual(['kept', 'after']);
    }
  });

  it('a leader whose main applies nothing hands over', async () => {
    await using group = await ThreadGroup.start(authority);
    const first = await group.leader();
    first.appliesAll = false;
    const others = group.members.filter((member) => member !== first);
    first.propose('stuck');
    const second = await Promise.any(
      others.map((member) =>
        member.until(() => (member.leadership?.self === true ? member : undefined)),
      ),
    );
    expect(second.id).not.toBe(first.id);
    await second.until(() => (second.texts.includes('stuck') ? true : undefined));
  });

  it('a leader whose main says nothing hands over', async () => {
    await using group = await ThreadGroup.start(authority);
    const first = await group.leader();
    first.answers = false;
    const others = group.members.filter((member) => member !== first);
    const second = await Promise.any(
      others.map((member) =>
        member.until(() => (member.leadership?.self === true ? member : undefined)),
      ),
    );
    second.propose('goes on');
    await second.until(() => (second.texts.includes('goes on') ? true : undefined));
  });

  it('one that joins gets a snapshot of several megabytes and what comes after', async () => {
    await using group = await ThreadGroup.start(authority, {
      snapshotEntries: 20,
      trailingEntries: 1,
    });
    const leader = await group.leader();
    const text = (at: number): string => `${at}`.padEnd(200_000, 'x');
    let last = 0;
    for (let at = 0; at < 40; at += 1) last = leader.propose(text(at));
    await leader.until(() => leader.outcomeOf(last));
    const joiner = group.begin(await group.config(9), [1, 2, 3]);
    group.introduce();
    leader.port.post({
      kind: 'changeMembers',
      requestId: 1000,
      term: 0,
      change: {
        transition: 'ConfChangeTransitionAuto',
        changes: [{ type: 'ConfChangeAddLearnerNode', nodeId: 9 }],
      },
    });
    await leader.until(() => leader.outcomeOf(1000));
    leader.propose('end');
    await joiner.until(() => (joiner.texts.at(-1) === 'end' ? true : undefined));
    expect(joiner.texts).toHaveLength(41);
    expect(joiner.texts[7]).toBe(text(7));
    expect(joiner.heard.some(({ kind }) => kind === 'snapshotChunk')).toBe(true);
  }, 60_000);

  it('one that was removed is told so', async () => {
    await using group = await ThreadGroup.start(authority);
    await group.leader();
    const [gone] = group.members;
    group.introduce([gone?.id ?? 0]);
    // Its streams to the others are closed by them at the next dial.
    const config = gone?.config;
    if (gone === undefined || config === undefined) throw new Error('no member');
    await group.kill(gone);
    const again = group.begin(config, [1, 2, 3]);
    again.port.post({
      kind: 'peers',
      peers: group.members
        .filter((member) => member !== again)
        .map((member) => ({
          id: member.id,
          nodeId: member.config.nodeId,
          address: member.config.advertise,
        })),
      removed: [],
    });
    await again.until(() => again.heard.find(({ kind }) => kind === 'removed'));
  });
});

/** Opens a stream to a member and says `frames`; gives how the other side ended it. */
async function talk(
  to: ThreadMember,
  who: IssuedCertificate | undefined,
  frames: readonly PeerFrame[],
): Promise<string> {
  const context = who === undefined ? undefined : secureContextOf(who);
  const channel =
    context === undefined
      ? credentials.createSsl(Buffer.from(authority.rootPem))
      : credentials.createFromSecureContext(context);
  const client = new Client(to.config.advertise, channel, {
    ...raftChannelOptions,
    'grpc.max_send_message_length': -1,
    'grpc.ssl_target_name_override': `raft-${to.id.toString(16).padStart(12, '0')}`,
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  const stream = client.makeClientStreamRequest<PeerFrame, PeerAnswer>(
    messagesMethod.path,
    messagesMethod.requestSerialize,
    messagesMethod.responseDeserialize,
    (error: ServiceError | null) => {
      resolve(error === null ? 'ok' : error.details);
    },
  );
  stream.on('error', () => undefined);
  for (const frame of frames) stream.write(frame);
  stream.end();
  try {
    return await promise;
  } finally {
    client.close();
  }
}

describe('a stranger', () => {
  const hello = (raftId: number, name: string, incarnation = 1): PeerFrame =>
    newPeerFrame({
      hello: newPeerHello({ raftId, nodeId: paddedId<'node'>(name), address: '', incarnation }),
    });
  const heartbeat = (from: number, to: number): PeerFrame => {
    const wire = toWire(message({ type: 'MsgHeartbeat', from, to, term: 99 }));
    return newPeerFrame({ messages: wire === undefined ? [] : [wire] });
  };
  const nodeId = paddedId<'node'>('n2');

  it('is refused whoever it claims to be, and nothing of it reaches the member', async () => {
    await using group = await ThreadGroup.start(authority, {}, 1);
    const member = await group.leader();
    const talks = async (who: IssuedCertificate | undefined, first: PeerFrame): Promise<string> =>
      await talk(member, who, [first, heartbeat(2, member.id)]);
    const manager = { nodeId, role: 'manager', raftId: 2 } as const;
    const good = await authority.issue(manager);
    const other = await TestAuthority.found();
    const foreign = await other.issue(manager);
    const otherCluster = await authority.issue({ ...manager, clusterId: paddedId('other') });
    const worker = await authority.issue({ nodeId, role: 'worker' });
    expect(await talks(undefined, hello(2, 'n2'))).toMatch(
      /certificate|No connection|closed|ECONN/i,
    );
    expect(await talks({ ...foreign, trustRootPem: authority.rootPem }, hello(2, 'n2'))).toMatch(
      /certificate|unknown|No connection|closed|ECONN/i,
    );
    const notOurs = 'only managers of this cluster are listened to';
    expect(await talks(otherCluster, hello(2, 'n2'))).toBe(notOurs);
    expect(await talks(worker, hello(2, 'n2'))).toBe(notOurs);
    const notIt = 'the certificate is of another member';
    expect(await talks(good, hello(3, 'n2'))).toBe(notIt);
    expect(await talks(good, hello(2, 'n3'))).toBe(notIt);
    expect(await talks(good, newPeerFrame())).toBe(notIt);
    expect(await talks(good, hello(2, 'n2', 7))).toMatch(/recovered meanwhile/);
    const between = 'a message is not between these two members';
    expect(await talk(member, good, [hello(2, 'n2'), heartbeat(3, member.id)])).toBe(between);
    expect(await talk(member, good, [hello(2, 'n2'), heartbeat(2, 5)])).toBe(between);
    const huge = newPeerFrame({ hello: newPeerHello({ nodeId: 'x'.repeat(5_000_000) }) });
    expect(await talk(member, good, [huge])).toMatch(/larger than max/i);
    expect(await talk(member, good, [hello(2, 'n2')])).toBe('ok');
    expect(member.leadership).toMatchObject({ self: true, term: 1 });
    expect(member.heard.some(({ kind }) => kind === 'failed')).toBe(false);
  });

  it('that speaks an older TLS is refused', async () => {
    await using group = await ThreadGroup.start(authority, {}, 1);
    const member = await group.leader();
    const good = await authority.issue({ nodeId, role: 'manager', raftId: 2 });
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = connect({
      host: '127.0.0.1',
      port: member.config.listen.port,
      rejectUnauthorized: false,
      cert: good.certificatePem,
      key: good.privateKeyPem,
      maxVersion: 'TLSv1.2',
    });
    socket.on('secureConnect', () => {
      resolve('connected');
    });
    socket.on('error', (error: Error) => {
      resolve(error.message);
    });
    expect(await promise).toMatch(/protocol version|EPROTO|alert/i);
    socket.destroy();
  });
});
