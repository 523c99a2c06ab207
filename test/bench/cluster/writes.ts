import { Agent, request } from 'node:http';

/** Where a client writes to: an HTTP server on a socket or a port. */
export type Target =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number };

export interface Load {
  readonly targets: readonly Target[];
  readonly connections: number;
  readonly durationMs: number;
  /** The next write: path and body. */
  readonly next: (number: number) => { readonly path: string; readonly body: string };
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** First complaint; undefined when every write was accepted. */
  readonly failure: string | undefined;
}

/** Writes over so many connections that are kept, spread over the targets, each with one write under way at a time. */
export async function measureWrites({
  targets,
  connections,
  durationMs,
  next,
}: Load): Promise<LoadResult> {
  const times: number[] = [];
  let number = 0;
  let failure: string | undefined;
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  const connection = async (at: number): Promise<void> => {
    const target = targets[at % targets.length];
    if (target === undefined) return;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (performance.now() < endMs) {
      number += 1;
      const { path, body } = next(number);
      const beganMs = performance.now();
      const { status, text } = await post({ ...target, agent, path }, body);
      times.push(performance.now() - beganMs);
      if (status >= 300) failure ??= `${status} ${text}`;
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: connections }, (_, at) => connection(at)));
  const tookMs = performance.now() - startMs;
  const sorted = times.toSorted((one, other) => one - other);
  const quantile = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0;
  return {
    perSecond: (times.length / tookMs) * 1000,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    failure,
  };
}

async function post(
  options: Target & { readonly agent: Agent; readonly path: string },
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const call = request({ ...options, method: 'POST', headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
    });
    response.on('error', reject);
  });
  call.on('error', reject);
  call.end(body);
  return await promise;
}
