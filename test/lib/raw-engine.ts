import { mkdtemp, rm } from 'node:fs/promises';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One connection to the fake engine, byte by byte. */
export class RawPeer {
  readonly socket: net.Socket;
  #received = '';
  #ended = false;
  readonly #waiters: (() => void)[] = [];

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#received += chunk;
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('close', () => {
      this.#wake();
    });
    socket.on('error', () => undefined);
  }

  /** All that came, one character a byte. */
  get received(): string {
    return this.#received;
  }

  /** True when the other side has said all, or is gone. */
  get isEnded(): boolean {
    return this.#ended || this.socket.destroyed;
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Resolves when `holds` does; asked again whenever something happens on the connection. */
  async until(holds: (peer: this) => boolean): Promise<void> {
    while (!holds(this)) {
      if (this.socket.destroyed) throw new Error(`connection closed after ${this.#received}`);
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
      });
    }
  }

  async untilReceived(text: string): Promise<void> {
    await this.until((peer) => peer.received.includes(text));
  }

  async untilEnded(): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.isEnded) resolve();
        else this.#waiters.push(check);
      };
      check();
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** An engine that says exactly what a test tells it, on a unix socket of its own. */
export class RawEngine implements AsyncDisposable {
  readonly folder: string;
  readonly peers: RawPeer[] = [];
  readonly #server: net.Server;
  readonly #arrivals: (() => void)[] = [];
  #given = 0;
  #onPeer: (peer: RawPeer) => void = () => undefined;

  private constructor(folder: string) {
    this.folder = folder;
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new RawPeer(socket);
      this.peers.push(peer);
      this.#onPeer(peer);
      for (const arrived of this.#arrivals.splice(0)) arrived();
    });
  }

  static async start(): Promise<RawEngine> {
    const engine = new RawEngine(await mkdtemp(join(tmpdir(), 'shoal-raw-')));
    await new Promise<void>((resolve) => {
      engine.#server.listen(engine.socketPath, resolve);
    });
    return engine;
  }

  get socketPath(): string {
    return join(this.folder, 'engine.sock');
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.peers.filter(({ socket }) => !socket.destroyed).length;
  }

  /** What to do with each connection from now on. */
  onPeer(action: (peer: RawPeer) => void): void {
    this.#onPeer = action;
  }

  /** Answers each connection's first request with `answer` once its head is there. */
  answersHead(answer: string): void {
    this.onPeer((peer) => {
      void peer.untilReceived('\r\n\r\n').then(() => {
        const isHead = peer.received.startsWith('HEAD ');
        peer.write(isHead ? answer.slice(0, answer.indexOf('\r\n\r\n') + 4) : answer);
      });
    });
  }

  /** The next connection that no call of this has given yet. */
  async nextPeer(): Promise<RawPeer> {
    const index = this.#given;
    this.#given += 1;
    for (;;) {
      const peer = this.peers[index];
      if (peer !== undefined) return peer;
      await new Promise<void>((resolve) => {
        this.#arrivals.push(resolve);
      });
    }
  }

  /** Ends it as a crash would; its folder stays. */
  async stop(): Promise<void> {
    for (const { socket } of this.peers) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A client's connection to a unix socket, half-open. */
export async function connectRaw(path: string): Promise<RawPeer> {
  const socket = net.connect({ path, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new RawPeer(socket);
}
