import type { ByteSink, ByteStream } from '../../common/ports/net.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { encodeFrame, FrameReader } from './frames.ts';

/** Version of the talk between daemon and proxy process. `hello` and `stop` read the same in every version. */
export const proxyProtocol = 1;

interface ChannelHandlers {
  /** One whole message. A `ShoalError` that it throws closes the channel with that error. */
  message(payload: Uint8Array): void;
  /** The channel is closed; comes last and once. */
  closed(error: Error | undefined): void;
}

/** Messages over a byte stream. */
export class Channel implements ByteSink {
  readonly #stream: ByteStream;
  readonly #frames = new FrameReader();
  readonly #handlers: ChannelHandlers;
  #isClosed = false;
  #error: Error | undefined;

  /** Takes over `stream`, which has not been started. */
  constructor(stream: ByteStream, handlers: ChannelHandlers) {
    this.#stream = stream;
    this.#handlers = handlers;
    stream.start(this);
  }

  /** Sends one message; says nothing when the channel is closed. */
  send(payload: Uint8Array): void {
    if (!this.#isClosed) this.#stream.write(encodeFrame(payload));
  }

  /** Closing twice is harmless. */
  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#error = error;
    this.#stream.destroy();
  }

  data(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      for (const payload of this.#frames.push(chunk)) this.#handlers.message(payload);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      this.close(error);
    }
  }

  end(): void {
    this.close();
  }

  drained(): void {
    // Both sides ask for little at a time: what may wait is bounded by the requests that they allow.
  }

  closed(error: Error | undefined): void {
    this.#isClosed = true;
    this.#handlers.closed(this.#error ?? error);
  }
}
