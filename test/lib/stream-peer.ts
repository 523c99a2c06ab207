import type { ByteSink, ByteStream } from '../../common/ports/net.ts';

/** The far end of a stream in a test: keeps what it receives, does only what it is told. */
export class StreamPeer implements ByteSink {
  readonly stream: ByteStream;
  readonly #chunks: string[] = [];
  receivedBytes = 0;
  hasEnded = false;
  isClosed = false;
  error: Error | undefined;
  drains = 0;
  /** Called with each chunk, after it is kept. */
  onData: ((text: string) => void) | undefined;
  onEnd: (() => void) | undefined;

  constructor(stream: ByteStream) {
    this.stream = stream;
    stream.start(this);
  }

  /** All that was received, as text. */
  get text(): string {
    return this.#chunks.join('');
  }

  say(text: string): boolean {
    return this.stream.write(new TextEncoder().encode(text));
  }

  data(chunk: Uint8Array): void {
    const text = new TextDecoder().decode(chunk);
    this.receivedBytes += chunk.length;
    this.#chunks.push(text);
    this.onData?.(text);
  }

  end(): void {
    this.hasEnded = true;
    this.onEnd?.();
  }

  drained(): void {
    this.drains += 1;
  }

  closed(error: Error | undefined): void {
    this.isClosed = true;
    this.error = error;
  }
}
