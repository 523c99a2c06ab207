import { type ByteSink, exitCodes } from './commands/context.ts';

/**
 * Standard output or standard error. Its stream is opened by the first use: that takes longer than most commands do, and
 * most need only one of the two.
 */
export class Output implements ByteSink {
  readonly #open: () => NodeJS.WriteStream;
  #stream: NodeJS.WriteStream | undefined;

  constructor(open: () => NodeJS.WriteStream) {
    this.#open = open;
  }

  get stream(): NodeJS.WriteStream {
    this.#stream ??= this.#openStream();
    return this.#stream;
  }

  get isTerminal(): boolean {
    return this.stream.isTTY;
  }

  print(text: string): void {
    if (text !== '') this.stream.write(text);
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.stream.write(bytes)) resolve();
      else this.stream.once('drain', resolve);
    });
  }

  #openStream(): NodeJS.WriteStream {
    const stream = this.#open();
    // The reader of a pipe may go away early, as `head` does: there is nobody left to tell.
    stream.on('error', () => process.exit(exitCodes.failed));
    return stream;
  }
}
