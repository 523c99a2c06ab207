import type { Net, StreamListener, ByteStream } from '../../common/ports/net.ts';
import type { Random } from '../../common/pure/random.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { Balancer } from '../routing/balancer.ts';

/** One published TCP port: its listener, as far as it could be bound, and its endpoints. */
export class PortListener {
  readonly port: number;
  readonly balancer: Balancer;
  readonly #net: Net;
  readonly #accept: (client: ByteStream, from: PortListener) => void;
  #listener: StreamListener | undefined;
  #error: string | undefined;
  #isClosed = false;

  constructor(options: {
    readonly port: number;
    readonly net: Net;
    readonly random: Random;
    readonly accept: (client: ByteStream, from: PortListener) => void;
  }) {
    this.port = options.port;
    this.balancer = new Balancer(options.random);
    this.#net = options.net;
    this.#accept = options.accept;
  }

  /** Why the port is not bound; undefined while it is, and before the first try. */
  get error(): string | undefined {
    return this.#error;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Tries to bind the port on every address of the machine. The outcome is in `error`; it never throws. */
  async bind(): Promise<void> {
    try {
      const address = { kind: 'tcp', host: '', port: this.port } as const;
      const listener = await this.#net.listen(address, (client) => {
        this.#accept(client, this);
      });
      this.#error = undefined;
      this.#listener = listener;
      if (this.#isClosed) await listener.close();
    } catch (error) {
      if (!isShoalError(error)) throw error;
      this.#error = error.message;
    }
  }

  /** Frees the port. Connections that were accepted live on. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#error = undefined;
    await this.#listener?.close();
  }
}
