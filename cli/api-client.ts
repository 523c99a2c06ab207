import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';

import { limits } from '../common/pure/limits.ts';
import { parseExactJson } from '../proto/http/json.ts';
import {
  type ApiRequest,
  CliError,
  type DaemonApi,
  DaemonError,
  exitCodes,
} from './commands/context.ts';
import { at } from './render/reading.ts';
import { printable } from './render/text.ts';

// `import 'node:http'` fires every lazy getter of the module and costs 37 ms; this costs 4.
const http = process.getBuiltinModule('node:http');

/** Longest path that fits the kernel's address of a unix socket, in bytes (108 with its closing zero). */
const socketPathBytesMax = 107;

/**
 * The daemon's API over its unix socket: one connection that is kept between calls.
 * Whoever makes one closes it, or the process stays.
 */
export class UnixApiClient implements DaemonApi, Disposable {
  readonly #host: string;
  readonly #socketPath: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

  /**
   * @param host `unix:///path/to/socket`.
   * @throws CliError if it is of another form.
   */
  constructor(host: string) {
    this.#host = host;
    this.#socketPath = socketPathOf(host);
  }

  async call(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const response = await this.#send(request, body, signal);
    const text = await this.#readText(response, signal);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw new DaemonError(status, refusalText(text, response));
    return this.#decode(text);
  }

  async stream(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#send(request, undefined, signal);
    const status = response.statusCode ?? 0;
    if (status >= 400) {
      throw new DaemonError(status, refusalText(await this.#readText(response, signal), response));
    }
    // Logs that are followed may be silent for days.
    response.socket.setTimeout(0);
    return this.#pieces(response, signal);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #send(
    request: ApiRequest,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const query = new URLSearchParams(request.query ?? {}).toString();
    const options: RequestOptions & { readonly servername: string } = {
      agent: this.#agent,
      socketPath: this.#socketPath,
      method: request.method,
      path: query === '' ? request.path : `${request.path}?${query}`,
      // The name of a unix socket is no host: servers of HTTP/1.1 want some.
      // Node.js makes one of the header otherwise, though nothing here is encrypted, and that takes 4 ms.
      servername: '',
      headers: { Host: 'shoal', 'User-Agent': 'shoal', ...contentHeaders(body) },
      signal,
    };
    try {
      return await this.#exchange(http.request(options), body);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#explain(error);
    }
  }

  #exchange(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
      request.setTimeout(limits.clientAnswerMs, () => {
        const seconds = String(limits.clientAnswerMs / 1000);
        request.destroy(
          new CliError(
            `no answer from the Shoal daemon at ${this.#host} within ${seconds} seconds`,
          ),
        );
      });
      request.end(body);
    });
  }

  async #readText(response: IncomingMessage, signal: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limits.clientAnswerBytes) break;
        chunks.push(chunk);
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#explain(error);
    }
    if (bytes > limits.clientAnswerBytes) {
      const limit = String(limits.clientAnswerBytes);
      throw new CliError(`the answer of the daemon at ${this.#host} is longer than ${limit} bytes`);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async *#pieces(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#explain(error);
    } finally {
      response.destroy();
    }
  }

  #decode(text: string): unknown {
    if (text.trim() === '') return undefined;
    try {
      return parseExactJson(text);
    } catch (error) {
      const message = `the answer of ${this.#host} is not JSON: is it a Shoal daemon?`;
      throw new CliError(message, undefined, error);
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof CliError) return error;
    const code = String(at(error, 'code'));
    if (code === 'EACCES' || code === 'EPERM') {
      return new CliError(
        `permission denied at ${this.#host}. Run as root, or join the group that owns the socket`,
        undefined,
        error,
      );
    }
    if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EPROTOTYPE'].includes(code)) {
      return new CliError(
        `cannot connect to the Shoal daemon at ${this.#host}. Is it running? Start it with: shoal daemon`,
        undefined,
        error,
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    return new CliError(`lost the Shoal daemon at ${this.#host}: ${why}`, undefined, error);
  }
}

function socketPathOf(host: string): string {
  const scheme = 'unix://';
  const path = host.startsWith(scheme) ? host.slice(scheme.length) : '';
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new CliError(
      `--host (or SHOAL_HOST) "${printable(host)}" is not a unix socket; give unix:///path/to/socket`,
      exitCodes.usage,
    );
  }
  if (Buffer.byteLength(path) > socketPathBytesMax) {
    const limit = String(socketPathBytesMax);
    throw new CliError(
      `--host (or SHOAL_HOST) has a path longer than ${limit} bytes; give a shorter one`,
      exitCodes.usage,
    );
  }
  return path;
}

function contentHeaders(body: string | undefined): Readonly<Record<string, string | number>> {
  if (body === undefined) return {};
  return { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
}

function refusalText(text: string, response: IncomingMessage): string {
  try {
    const message = at(parseExactJson(text), 'message');
    if (typeof message === 'string' && message !== '') return printable(message);
  } catch {
    // Not JSON: what came is all there is to show.
  }
  const plain = printable(text.trim().slice(0, 500));
  return plain === '' ? `status ${String(response.statusCode)}` : plain;
}
