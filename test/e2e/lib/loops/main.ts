/**
 * Asks a port of this network namespace without end, until its input ends: `main.ts PORT SLOW_MS KEPT`.
 *
 * KEPT loops keep their connection, 16 open one for each request, and one downloads something for SLOW_MS, over and over. Each waits for an answer
 * before it asks again. Writes one line of JSON at the end: counts by kind, and what failed. A line `{"count":…}` comes each 200 ms.
 */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, slowMs, keptLoops = 0] = process.argv.slice(2).map(Number);
const freshLoops = 16;
const pauseMs = 25;
/** No answer for so long is a failure. */
const limitMs = 30_000;
const slowBytes = 100_000;

type Kind = 'kept' | 'fresh' | 'slow';

const counts: Record<Kind, number> = { kept: 0, fresh: 0, slow: 0 };
const failures: string[] = [];
const begunMs = performance.now();
let isEnding = false;

/** @returns bytes of the answer */
async function ask(path: string, agent: Agent | false): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const call = get({ host: '127.0.0.1', port, path, agent, timeout: limitMs }, (response) => {
    let bytes = 0;
    response.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
    });
    response.once('error', reject);
    response.once('end', () => {
      if (response.statusCode === 200) resolve(bytes);
      else reject(new Error(`status ${String(response.statusCode)}`));
    });
  });
  call.once('timeout', () => call.destroy(new Error('no answer in time')));
  call.once('error', reject);
  return await promise;
}

async function loop(kind: Kind, path: string, agent: Agent | false): Promise<void> {
  while (!isEnding) {
    const atMs = Math.round(performance.now() - begunMs);
    try {
      const bytes = await ask(path, agent);
      if (kind === 'slow' && bytes !== slowBytes) throw new Error(`cut after ${String(bytes)}`);
      counts[kind] += 1;
    } catch (error) {
      const tookMs = Math.round(performance.now() - begunMs) - atMs;
      failures.push(`${kind} ${String(atMs)} ms + ${String(tookMs)} ms: ${String(error)}`);
    }
    await sleep(pauseMs);
  }
}

const loops = [loop('slow', `/slow?ms=${String(slowMs)}`, false)];
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
process.stdout.write(`${JSON.stringify({ counts, failures })}\n`);
process.exit(0);
