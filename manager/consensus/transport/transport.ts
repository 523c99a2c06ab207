import { ChannelCredentials } from '@grpc/grpc-js';
import {
  identityCheck,
  isManagerOf,
  secureContextOf,
  type NodeCredentials,
} from '../../../common/platform/tls/credentials.ts';
import { ShoalError } from '../../../common/pure/errors.ts';
import type { Random } from '../../../common/pure/random.ts';
import { newPeerHello, type PeerHello } from '../../../proto/gen/raft.ts';
import type { Message } from '../../raft/message.ts';
import type { Peers } from '../peers.ts';
import type { PeerAddress } from '../port.ts';
import type { TransportConfig, TransportHearer } from './config.ts';
import { PeerSender } from './peer-sender.ts';
import { RaftServer } from './raft-server.ts';
import { sendSnapshot } from './send-snapshot.ts';

/**
 * The way between members: each dials the others and sends on its own stream, over mutual TLS 1.3. Snapshots have connections of their
 * own.
 */
export class GrpcTransport implements Peers, AsyncDisposable {
  readonly #config: TransportConfig;
  #hearer: TransportHearer | undefined;
  readonly #random: Random;
  readonly #server: RaftServer;
  readonly #senders = new Map<number, PeerSender>();
  /** Where members are: as main says, unless they said otherwise since. */
  readonly #addresses = new Map<number, string>();
  readonly #told = new Map<number, string>();
  #removed: ReadonlySet<number> = new Set();
  #credentials: NodeCredentials;

  constructor(config: TransportConfig, random: Random) {
    this.#config = config;
    this.#random = random;
    this.#credentials = config;
    this.#server = new RaftServer(config, {
      receive: (message) => {
        this.#hearer?.receive(message);
      },
      receiveSnapshot: async (message, content) => {
        if (this.#hearer === undefined)
          throw new ShoalError('unavailable', 'this member has not begun');
        await this.#hearer.receiveSnapshot(message, content);
      },
      isRemoved: (raftId) => this.#removed.has(raftId),
      heard: (hello) => {
        this.#heard(hello);
      },
    });
  }

  /** Whatever comes from now on goes to `hearer`; before, it is lost. */
  attach(hearer: TransportHearer): void {
    this.#hearer = hearer;
  }

  /** @throws ShoalError `unavailable` when the address cannot be bound */
  async listen(): Promise<void> {
    await this.#server.listen();
  }

  update(peers: readonly PeerAddress[], removed: readonly number[]): void {
    this.#removed = new Set(removed);
    const ids = new Set(peers.map(({ id }) => id));
    // Main may know the group as it was long ago: who is new to it has said itself where it is.
    for (const id of this.#told.keys()) if (!ids.has(id)) this.#forget(id);
    for (const id of removed) this.#forget(id);
    this.#server.endRemoved();
    for (const { id, address } of peers) {
      if (this.#told.get(id) !== address) this.#addresses.set(id, address);
      this.#told.set(id, address);
      this.#sender(id);
    }
  }

  renew(credentials: NodeCredentials): void {
    this.#credentials = credentials;
    this.#server.update(credentials);
  }

  send(message: Message): void {
    const sender = this.#sender(message.to);
    if (sender === undefined) this.#hearer?.unreachable(message.to);
    else sender.send(message);
  }

  async sendSnapshot(
    message: Message,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const { to } = message;
    const address = this.#addresses.get(to);
    if (address === undefined)
      throw new ShoalError('unavailable', 'it is not known where the member is', {
        fields: { raftId: to },
      });
    const credentials = this.#channelCredentials(to);
    const route = { address, credentials, peerName: peerName(to), hello: this.#hello };
    await sendSnapshot(route, message, content, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sender of this.#senders.values()) sender.close();
    this.#senders.clear();
    await this.#server[Symbol.asyncDispose]();
  }

  #heard({ raftId, address }: PeerHello): void {
    if (address === '' || this.#addresses.get(raftId) === address) return;
    this.#addresses.set(raftId, address);
    this.#sender(raftId);
  }

  #forget(id: number): void {
    this.#senders.get(id)?.close();
    this.#senders.delete(id);
    this.#addresses.delete(id);
    this.#told.delete(id);
  }

  /** The way to `id` where it is now, if that is known. */
  #sender(id: number): PeerSender | undefined {
    const address = this.#addresses.get(id);
    const known = this.#senders.get(id);
    if (known !== undefined && known.address === address) return known;
    known?.close();
    this.#senders.delete(id);
    if (address === undefined || this.#removed.has(id)) return undefined;
    const sender = new PeerSender({
      raftId: id,
      address,
      hello: this.#hello,
      credentials: () => this.#channelCredentials(id),
      peerName: peerName(id),
      random: this.#random.fork(`peer ${id}`),
      unreachable: () => {
        this.#hearer?.unreachable(id);
      },
      gone: () => {
        this.#hearer?.gone(id);
      },
      removed: () => {
        this.#hearer?.removed();
      },
    });
    this.#senders.set(id, sender);
    return sender;
  }

  #channelCredentials(id: number): ChannelCredentials {
    const { clusterId } = this.#config;
    return ChannelCredentials.createFromSecureContext(secureContextOf(this.#credentials), {
      checkServerIdentity: identityCheck(
        (peer) => isManagerOf(peer, clusterId, undefined) && peer.raftId === id,
      ),
    });
  }

  get #hello(): PeerHello {
    const { raftId, nodeId, advertise, incarnation } = this.#config;
    return newPeerHello({ raftId, nodeId, address: advertise, incarnation });
  }
}

/** The DNS name in the certificate of the member. */
function peerName(raftId: number): string {
  return `raft-${raftId.toString(16).padStart(12, '0')}`;
}
