import { Client, type ChannelCredentials, type ClientWritableStream } from '@grpc/grpc-js';
import { limits } from '../../../common/pure/limits.ts';
import type { Random } from '../../../common/pure/random.ts';
import {
  newPeerFrame,
  type PeerAnswer,
  type PeerFrame,
  type PeerHello,
  type PeerMessage,
} from '../../../proto/gen/raft.ts';
import { toWire } from '../peer-codec.ts';
import type { Message } from '../../raft/message.ts';
import { messagesMethod, raftChannelOptions } from './raft-service.ts';
import { isRemoval } from './refusal.ts';

export interface PeerSenderParts {
  readonly raftId: number;
  readonly address: string;
  readonly hello: PeerHello;
  /** Those of now: they may have been renewed since the last dial. */
  readonly credentials: () => ChannelCredentials;
  /** Name in the other side's certificate. */
  readonly peerName: string;
  readonly random: Random;
  readonly unreachable: () => void;
  /** The connection ended, and nothing listens there any more. */
  readonly gone: () => void;
  /** The other side says that this member was removed. */
  readonly removed: () => void;
}

/**
 * Messages to one other member: one stream, opened anew whenever it ends. What is sent while there is none waits, within limits; what was
 * under way when it ended is lost.
 */
export class PeerSender {
  readonly #parts: PeerSenderParts;
  #queue: PeerMessage[] = [];
  #queueBytes = 0;
  #client: Client | undefined;
  #stream: ClientWritableStream<PeerFrame> | undefined;
  /** The other side has taken the stream. */
  #isOpen = false;
  #isFull = false;
  #isPlanned = false;
  #isClosed = false;
  #openedMs = 0;
  /** Dials that failed, or led to a stream that ended soon, since the last one that lasted. */
  #failures = 0;
  /** It was told that nothing listens there since the last connection. */
  #isGone = false;
  #timer: NodeJS.Timeout | undefined;
  /** The last acknowledgement on this stream. */
  #acknowledged: Pick<Message, 'term' | 'index'> = { term: 0, index: 0 };
  #echoTimer: NodeJS.Timeout | undefined;

  constructor(parts: PeerSenderParts) {
    this.#parts = parts;
    this.#dial();
  }

  get address(): string {
    return this.#parts.address;
  }

  send(message: Message): void {
    const wire = toWire(message);
    if (wire === undefined || this.#isClosed) return;
    const bytes = wire.entries.reduce((sum, entry) => sum + entry.data.length, 0);
    const isTooMuch =
      this.#queue.length >= limits.peerQueueMessages ||
      this.#queueBytes + bytes > limits.peerQueueBytes;
    if (isTooMuch || (!this.#isOpen && this.#failures > 0)) {
      this.#parts.unreachable();
      return;
    }
    this.#queue.push(wire);
    this.#queueBytes += bytes;
    if (this.#isEcho(message)) this.#planLater();
    else this.#plan();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#echoTimer);
    this.#stream?.cancel();
    this.#client?.close();
    this.#queue = [];
  }

  /** Acknowledges what was acknowledged before on this stream: the answer to news of a commit. A frame of its own would cost as much as that. */
  #isEcho({ type, term, index, reject }: Message): boolean {
    if (type !== 'MsgAppResp') return false;
    const { term: lastTerm, index: lastIndex } = this.#acknowledged;
    if (reject || term !== lastTerm || index !== lastIndex) {
      this.#acknowledged = { term, index };
      return false;
    }
    return true;
  }

  #planLater(): void {
    this.#echoTimer ??= setTimeout(() => {
      this.#flush();
    }, limits.peerEchoMs);
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    clearTimeout(this.#echoTimer);
    this.#echoTimer = undefined;
    while (this.#isOpen && !this.#isFull && this.#queue.length > 0) {
      const messages = this.#nextFrame();
      this.#isFull = this.#stream?.write(newPeerFrame({ messages })) === false;
    }
  }

  #nextFrame(): PeerMessage[] {
    let bytes = 0;
    let count = 0;
    for (const { entries } of this.#queue) {
      const more = entries.reduce((sum, entry) => sum + entry.data.length, 0);
      if (count > 0 && bytes + more > limits.peerFrameBytes) break;
      bytes += more;
      count += 1;
    }
    this.#queueBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #dial(): void {
    const { address, credentials, hello, peerName } = this.#parts;
    const client = new Client(address, credentials(), {
      ...raftChannelOptions,
      'grpc.ssl_target_name_override': peerName,
    });
    const { path, requestSerialize, responseDeserialize } = messagesMethod;
    const stream = client.makeClientStreamRequest<PeerFrame, PeerAnswer>(
      path,
      requestSerialize,
      responseDeserialize,
      () => undefined,
    );
    this.#client = client;
    this.#stream = stream;
    this.#isFull = false;
    this.#acknowledged = { term: 0, index: 0 };
    const deadline = setTimeout(() => {
      stream.cancel();
    }, limits.peerDialMs);
    stream.on('metadata', () => {
      clearTimeout(deadline);
      this.#opened();
    });
    stream.on('drain', () => {
      this.#isFull = false;
      this.#flush();
    });
    // What went wrong is in the status, which comes in any case.
    stream.on('error', () => undefined);
    stream.on('status', ({ details }) => {
      clearTimeout(deadline);
      client.close();
      if (this.#stream === stream) this.#ended(details);
    });
    stream.write(newPeerFrame({ hello }));
  }

  #opened(): void {
    this.#isOpen = true;
    this.#isGone = false;
    this.#openedMs = performance.now();
    this.#plan();
  }

  #ended(details: string): void {
    const { unreachable, gone, removed, random } = this.#parts;
    // A stream that ends soon again was not to the other side's liking: dialled at once, it would go on like this.
    const hasLasted = this.#isOpen && performance.now() - this.#openedMs > limits.peerRedialMsMax;
    const waitMs = hasLasted ? 0 : this.#backoffMs() * (0.5 + random.unit());
    this.#isOpen = false;
    this.#stream = undefined;
    this.#failures = hasLasted ? 0 : this.#failures + 1;
    if (this.#isClosed) return;
    if (this.#failures > 0) this.#drop();
    this.#timer = setTimeout(() => {
      this.#dial();
    }, waitMs);
    unreachable();
    if (isRemoval(details)) removed();
    if (this.#isGone || !details.includes('ECONNREFUSED')) return;
    this.#isGone = true;
    gone();
  }

  #backoffMs(): number {
    return Math.min(limits.peerRedialMs * 2 ** this.#failures, limits.peerRedialMsMax);
  }

  /** Nobody is there to take it. */
  #drop(): void {
    this.#queue = [];
    this.#queueBytes = 0;
  }
}
