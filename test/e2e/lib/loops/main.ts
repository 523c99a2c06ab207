/**
 * Asks a port of this network namespace without end, until its input ends: `main.ts PORT SLOW_MS KEPT FRESH SLOW`.
 *
 * KEPT loops keep their connection, FRESH open one for each request, and SLOW download something for SLOW_MS, over and over, and look at every
 * byte. Each waits for an answer before it asks again. Writes one line of JSON at the end: counts by kind, and what failed. A line
 * `{"count":…}` comes each 200 ms.
 */
import { createHash } from 'node:crypto';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, slowMs, keptLoops = 0, freshLoops = 0, slowLoops = 0] = process.argv
  .slice(2)
  .map(Number);
const pauseMs = 25;
/** No answer for so long is a failure. */
const limitMs = 30_000;
/** What /slow of the test image answers with. */
const download = Array.from({ length: 100 }, (_, piece) =>
  String.fromCharCode(97 + (piece % 26)).repeat(1000),
).join('');
const downloadDigest = digestOf().update(download).digest('hex');

type Kind = 'kept' | 'fresh' | 'slow';

const counts: Record<Kind, number> = { kept: 0, fresh: 0, slow: 0 };
const failures: unknown[] = [];
let isEnding = false;

function digestOf(): ReturnType<typeof createHash> {
  return createHash('sha256');
}

/** @returns length and digest of the answer */
async function ask(path: string, agent: Agent | false): Promise<{ bytes: number; digest: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ bytes: number; digest: string }>();
  const call = get({ host: '127.0.0.1', port, path, agent, timeout: limitMs }, (response) => {
    const digest = digestOf();
    let bytes = 0;
    response.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      digest.update(chunk);
    });
    response.once('error', reject);
    response.once('end', () => {
      if (response.statusCode === 200) resolve({ bytes, digest: digest.digest('hex') });
      else reject(new Error(`status ${String(response.statusCode)}`));
    });
  });
  call.once('timeout', () => call.destroy(new Error('no answer in time')));
  call.once('error', reject);
  return await promise;
}

async function loop(kind: Kind, path: string, agent: Agent | false): Promise<void> {
  while (!isEnding) {
    const atMs = Date.now();
    try {
      const { bytes, digest } = await ask(path, agent);
      if (kind === 'slow' && digest !== downloadDigest)
        throw new Error(`wrong after ${String(bytes)} bytes`);
      counts[kind] += 1;
    } catch (error) {
      failures.push({ kind, atMs, tookMs: Date.now() - atMs, error: String(error) });
    }
    await sleep(pauseMs);
  }
}

const loops: Promise<void>[] = [];
for (let number = 0; number < slowLoops; number += 1)
  loops.push(loop('slow', `/slow?ms=${String(slowMs)}`, false));
for (let number = 0; number < keptLoops; number += 1) {
  loops.push(loop('kept', '/', new Agent({ keepAlive: true, maxSockets: 1 })));
}
for (let number = 0; number < freshLoops; number += 1) loops.push(loop('fresh', '/', false));
const progress = setInterval(() => {
  process.stdout.write(`${JSON.stringify({ count: counts.kept + counts.fresh })}\n`);
}, 200);
process.stdin.resume();
process.stdin.once('end', () => {
  isEnding = true;
});
await Promise.all(loops);
clearInterval(progress);
// A pipe takes a long report piece by piece: whoever ends before it is through cuts it off.
process.stdout.write(`${JSON.stringify({ counts, failures })}\n`, () => process.exit(0));
