import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A request as the fake daemon saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The body as it came, for numbers that `body` cannot hold. */
  readonly text: string;
}

/** What it answers: a value becomes JSON, a text goes out as it is, nothing at all ends the connection. */
export interface FakeAnswer {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  /** Pieces that go out one after the other. */
  readonly pieces?: readonly Uint8Array[];
  /** Leaves the answer without an end after its pieces. */
  readonly endless?: boolean;
  readonly hangUp?: boolean;
  /** Leaves the client without an answer. */
  readonly silent?: boolean;
}

type Answerer = FakeAnswer | ((request: SeenRequest) => FakeAnswer);

/**
 * An API daemon on a unix socket of its own, which answers what a test tells it and remembers what it was asked.
 * Routes are named by method and path, such as `GET /services/web`; all others answer 404.
 */
export class FakeDaemon implements AsyncDisposable {
  readonly folder: string;
  readonly requests: SeenRequest[] = [];
  readonly #routes = new Map<string, Answerer>();
  readonly #server: Server;

  private constructor(folder: string) {
    this.folder = folder;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Starts one that has no routes yet. */
  static async start(): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(await mkdtemp(join(tmpdir(), 'shoal-cli-')));
    await new Promise<void>((resolve) => {
      daemon.#server.listen(daemon.socketPath, resolve);
    });
    return daemon;
  }

  get socketPath(): string {
    return join(this.folder, 'd.sock');
  }

  /** What `--host` wants. */
  get host(): string {
    return `unix://${this.socketPath}`;
  }

  /** Says how `route` is answered from now on. */
  answer(route: string, answer: Answerer): this {
    this.#routes.set(route, answer);
    return this;
  }

  /** The requests of one route, in their order. */
  seen(route: string): readonly SeenRequest[] {
    return this.requests.filter((request) => `${request.method} ${request.path}` === route);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await readRequest(request);
    this.requests.push(seen);
    const route = this.#routes.get(`${seen.method} ${seen.path}`);
    const answer = typeof route === 'function' ? route(seen) : route;
    if (answer?.hangUp === true) {
      request.socket.destroy();
      return;
    }
    if (answer?.silent === true) return;
    const { status, json, text } = answer ?? { status: 404, json: { message: 'page not found' } };
    response.writeHead(status ?? 200, { 'Content-Type': 'application/json' });
    for (const piece of answer?.pieces ?? []) {
      await new Promise<void>((resolve) => {
        response.write(piece, () => {
          resolve();
        });
      });
    }
    if (answer?.endless === true) return;
    response.end(text ?? (json === undefined ? '' : JSON.stringify(json)));
  }
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  const url = new URL(request.url ?? '/', 'http://shoal');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
    text,
  };
}
