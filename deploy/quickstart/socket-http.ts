import { request } from 'node:http';

export interface SocketCall {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  /** Sent as it is. */
  readonly body?: Uint8Array;
  readonly contentType?: string;
  readonly limitMs: number;
}

export interface SocketAnswer {
  readonly status: number;
  readonly text: string;
}

/** One HTTP call over a unix socket. @throws when nothing answers within `limitMs` */
export async function callSocket(call: SocketCall): Promise<SocketAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<SocketAnswer>();
  const body = call.body ?? new Uint8Array(0);
  const headers = {
    host: 'localhost',
    'content-type': call.contentType ?? 'application/json',
    'content-length': body.length,
  };
  const { socketPath, method, path } = call;
  const signal = AbortSignal.timeout(call.limitMs);
  const outgoing = request({ socketPath, method, path, headers, signal }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, text });
    });
    response.on('error', reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return await promise;
}

/** The body of a 200 as JSON; undefined after a 404. @throws with what the other side said after anything else */
export async function getJson(socketPath: string, path: string): Promise<unknown> {
  const answer = await callSocket({ socketPath, method: 'GET', path, limitMs: 30_000 });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.text.trim()}`);
  return JSON.parse(answer.text) as unknown;
}

/** A member of a JSON object, or undefined where there is no such thing. */
export function member(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string | number, unknown>>)[key];
  }
  return found;
}
