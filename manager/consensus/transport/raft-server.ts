import {
  Metadata,
  Server,
  status,
  type sendUnaryData,
  type ServerReadableStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import {
  isManagerOf,
  ReloadableServerCredentials,
  type NodeCredentials,
} from '../../../common/platform/tls/credentials.ts';
import { readPeerIdentity } from '../../../common/platform/tls/peer-identity.ts';
import { newPeerAnswer } from '../../../proto/gen/raft.ts';
import type { PeerAnswer, PeerFrame, PeerHello, SnapshotFrame } from '../../../proto/gen/raft.ts';
import type { Message } from '../../raft/message.ts';
import { fromWire } from '../peer-codec.ts';
import type { TransportConfig, TransportHearer } from './config.ts';
import { raftChannelOptions, raftService } from './raft-service.ts';
import { removal } from './refusal.ts';

export interface RaftServerEvents extends Pick<TransportHearer, 'receive' | 'receiveSnapshot'> {
  isRemoved(raftId: number): boolean;
  /** Another member says where it is. */
  heard(hello: PeerHello): void;
}

type Refusal = Partial<StatusObject>;

const foreign: Refusal = {
  code: status.PERMISSION_DENIED,
  details: 'a message is not between these two members',
};

const superseded: Refusal = {
  code: status.ABORTED,
  details: 'the member has opened another stream',
};

/** Takes what other members send, from those only that prove to be managers of this cluster, and each under its own raft id. */
export class RaftServer implements AsyncDisposable {
  readonly #config: TransportConfig;
  readonly #events: RaftServerEvents;
  readonly #credentials: ReloadableServerCredentials;
  readonly #server: Server;
  /** What ends the stream of each member: it has one, the newest. */
  readonly #streams = new Map<number, (refusal: Refusal) => void>();

  constructor(config: TransportConfig, events: RaftServerEvents) {
    this.#config = config;
    this.#events = events;
    this.#credentials = new ReloadableServerCredentials(config);
    this.#server = new Server(raftChannelOptions);
    this.#server.addService(raftService, {
      Messages: (
        call: ServerReadableStream<PeerFrame, PeerAnswer>,
        answer: sendUnaryData<PeerAnswer>,
      ) => {
        this.#takeMessages(call, answer);
      },
      Snapshot: (
        call: ServerReadableStream<SnapshotFrame, PeerAnswer>,
        answer: sendUnaryData<PeerAnswer>,
      ) => {
        void this.#takeSnapshot(call, answer);
      },
    });
  }

  /** @throws ShoalError `unavailable` when the address cannot be bound */
  async listen(): Promise<void> {
    const { host, port } = this.#config.listen;
    const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.bindAsync(place, this.#credentials, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
    try {
      await promise;
    } catch (cause) {
      throw new ShoalError(
        'unavailable',
        'managers cannot listen for each other: free the port, or choose another with --listen-addr',
        { fields: { address: place }, cause },
      );
    }
  }

  /** Ends the streams of those that belong to the group no more. */
  endRemoved(): void {
    for (const [raftId, end] of this.#streams) if (this.#events.isRemoved(raftId)) end(removal);
  }

  update(credentials: NodeCredentials): void {
    this.#credentials.update(credentials);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    return Promise.resolve();
  }

  #takeMessages(
    call: ServerReadableStream<PeerFrame, PeerAnswer>,
    answer: sendUnaryData<PeerAnswer>,
  ): void {
    let from: number | undefined;
    let isOver = false;
    const leave = (): boolean => {
      const wasOver = isOver;
      isOver = true;
      if (from !== undefined && this.#streams.get(from) === end) this.#streams.delete(from);
      return !wasOver;
    };
    const end = (refusal: Refusal): void => {
      if (!leave()) return;
      call.removeAllListeners('data');
      // What still comes is of no interest; unread it would hold the connection.
      call.resume();
      answer(refusal);
    };
    call.on('data', ({ hello, messages }: PeerFrame) => {
      if (from === undefined) {
        const accepted = this.#greet(call, hello);
        if (typeof accepted !== 'number') return end(accepted);
        from = accepted;
        this.#streams.get(from)?.(superseded);
        this.#streams.set(from, end);
        call.sendMetadata(new Metadata());
      }
      for (const wire of messages) {
        const message = fromWire(wire);
        if (message === undefined || !this.#isFrom(message, from)) return end(foreign);
        this.#events.receive(message);
      }
    });
    call.on('error', leave);
    call.on('cancelled', leave);
    call.on('end', () => {
      if (leave()) answer(null, newPeerAnswer());
    });
  }

  async #takeSnapshot(
    call: ServerReadableStream<SnapshotFrame, PeerAnswer>,
    answer: sendUnaryData<PeerAnswer>,
  ): Promise<void> {
    call.on('error', () => undefined);
    const frames = call[Symbol.asyncIterator]();
    try {
      const first = await nextFrame(frames);
      const accepted = this.#greet(call, first?.hello);
      if (typeof accepted !== 'number') return answer(accepted);
      const message = first?.message && fromWire(first.message);
      if (message?.type !== 'MsgSnap' || !this.#isFrom(message, accepted)) return answer(foreign);
      await this.#events.receiveSnapshot(message, contentOf(frames));
      answer(null, newPeerAnswer());
    } catch (error) {
      const details = error instanceof Error ? error.message : 'not stored';
      answer({ code: status.ABORTED, details });
    } finally {
      call.resume();
    }
  }

  /** The raft id of the sender, or why nothing is taken from it. */
  #greet(
    call: Pick<ServerReadableStream<unknown, unknown>, 'getAuthContext'>,
    hello: PeerHello | undefined,
  ): number | Refusal {
    const certificate = call.getAuthContext().sslPeerCertificate?.raw;
    const peer = certificate && readPeerIdentity(certificate);
    const { clusterId, incarnation, raftId } = this.#config;
    if (peer === undefined || !isManagerOf(peer, clusterId, undefined))
      return refuse(status.PERMISSION_DENIED, 'only managers of this cluster are listened to');
    const id = peer.raftId ?? 0;
    if (id === 0 || id === raftId || hello?.raftId !== id || hello.nodeId !== peer.nodeId)
      return refuse(status.PERMISSION_DENIED, 'the certificate is of another member');
    if (this.#events.isRemoved(id)) return removal;
    if (hello.incarnation !== incarnation)
      return refuse(
        status.PERMISSION_DENIED,
        'the cluster was recovered meanwhile: this member belongs to what it was before, and has to leave and join again',
      );
    this.#events.heard(hello);
    return id;
  }

  #isFrom({ from, to }: Message, raftId: number): boolean {
    return from === raftId && to === this.#config.raftId;
  }
}

function refuse(code: status, details: string): Refusal {
  return { code, details };
}

/** The content that follows the first frame. @throws ShoalError `timeout` when the next piece takes too long */
async function* contentOf(frames: AsyncIterator<SnapshotFrame>): AsyncIterable<Uint8Array> {
  for (;;) {
    const frame = await nextFrame(frames);
    if (frame === undefined) return;
    if (frame.data.length > 0) yield frame.data;
  }
}

async function nextFrame(frames: AsyncIterator<SnapshotFrame>): Promise<SnapshotFrame | undefined> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ShoalError('timeout', 'the next piece of a snapshot did not come in time'));
  }, limits.peerPieceMs);
  try {
    const next = await Promise.race([frames.next(), promise]);
    return next.done === true ? undefined : next.value;
  } finally {
    clearTimeout(timer);
  }
}
