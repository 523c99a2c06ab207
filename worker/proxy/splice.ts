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
  readonly #client: ByteStream;
  readonly #server: ByteStream;

  /** Takes over both streams, neither of which has been started. */
  constructor(client: ByteStream, server: ByteStream, observer: SpliceObserver) {
    this.#client = client;
    this.#server = server;
    let open = 2;
    const sideClosed = (): void => {
      open -= 1;
      if (open === 0) observer.closed();
    };
    const up = new Side(client, server, (bytes) => observer.up(bytes), sideClosed);
    const down = new Side(server, client, (bytes) => observer.down(bytes), sideClosed);
    up.other = down;
    down.other = up;
    server.start(down);
    client.start(up);
  }

  /** Drops both streams at once. */
  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }
}

/** Receives from `own` and sends to `peer`. */
class Side implements ByteSink {
  other: Side | undefined;
  readonly #own: ByteStream;
  readonly #peer: ByteStream;
  readonly #count: (bytes: number) => void;
  readonly #onClosed: () => void;
  #ended = false;

  constructor(
    own: ByteStream,
    peer: ByteStream,
    count: (bytes: number) => void,
    onClosed: () => void,
  ) {
    this.#own = own;
    this.#peer = peer;
    this.#count = count;
    this.#onClosed = onClosed;
  }

  data(chunk: Uint8Array): void {
    this.#count(chunk.length);
    if (!this.#peer.write(chunk)) this.#own.pause();
  }

  end(): void {
    this.#ended = true;
    this.#peer.end();
  }

  drained(): void {
    this.#peer.resume();
  }

  closed(error: Error | undefined): void {
    const isComplete = error === undefined && this.#ended && this.other?.hasEnded === true;
    // What was sent before both ends may still wait to be delivered; anything else is a reset and becomes one.
    if (!isComplete) this.#peer.destroy();
    this.#onClosed();
  }

  get hasEnded(): boolean {
    return this.#ended;
  }
}
