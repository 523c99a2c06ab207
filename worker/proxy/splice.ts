import type { ByteSink, ByteStream } from '../../common/ports/net.ts';

/** Is told what flows through a splice. */
export interface SpliceObserver {
  /** Bytes from client to server. */
  up(bytes: number): void;
  /** Bytes from server to client. */
  down(bytes: number): void;
  /** Both streams are closed; comes once. */
  closed(): void;
}

/**
 * Joins two streams: what one receives the other sends, half-close and reset included.
 *
 * A side that reads slowly pauses the other one, so memory stays at what the streams themselves hold. Nothing is ever
 * cut for being idle.
 */
export class Splice {
  readonly #client: Side;
  readonly #server: Side;
  readonly #observer: SpliceObserver;
  #open = 2;

  /** Takes over both streams, neither of which has been started. */
  constructor(client: ByteStream, server: ByteStream, observer: SpliceObserver) {
    this.#observer = observer;
    this.#client = new Side(client, server, this);
    this.#server = new Side(server, client, this);
    server.start(this.#server);
    client.start(this.#client);
  }

  /** Drops both streams at once. */
  destroy(): void {
    this.#client.own.destroy();
    this.#server.own.destroy();
  }

  /** For its sides. */
  carried(side: Side, bytes: number): void {
    if (side === this.#client) this.#observer.up(bytes);
    else this.#observer.down(bytes);
  }

  /** For its sides. True when both have received all that was sent. */
  get isComplete(): boolean {
    return this.#client.hasEnded && this.#server.hasEnded;
  }

  /** For its sides. */
  sideClosed(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#observer.closed();
  }
}

/** Receives from `own` and sends to `peer`. */
class Side implements ByteSink {
  readonly own: ByteStream;
  readonly #peer: ByteStream;
  readonly #splice: Splice;
  hasEnded = false;

  constructor(own: ByteStream, peer: ByteStream, splice: Splice) {
    this.own = own;
    this.#peer = peer;
    this.#splice = splice;
  }

  data(chunk: Uint8Array): void {
    this.#splice.carried(this, chunk.length);
    if (!this.#peer.write(chunk)) this.own.pause();
  }

  end(): void {
    this.hasEnded = true;
    this.#peer.end();
  }

  drained(): void {
    this.#peer.resume();
  }

  closed(error: Error | undefined): void {
    // What was sent before both ends may still wait to be delivered; anything else is a reset and becomes one.
    if (error !== undefined || !this.#splice.isComplete) this.#peer.destroy();
    this.#splice.sideClosed();
  }
}
