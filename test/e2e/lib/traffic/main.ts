/**
 * Asks a port of this network namespace over and over, until its input ends: `main.ts PORT REQUESTS_PER_SECOND`.
 *
 * Writes one line of JSON for each request: `{"atMs":…,"replica":"…"}` or `{"atMs":…,"error":"…"}`. Every request has a
 * connection of its own and 5 s; a slow one does not hold up the next.
 */
import { get } from 'node:http';

const port = Number(process.argv[2]);
const periodMs = 1000 / Number(process.argv[3]);
const limitMs = 5_000;

let open = 0;
let isEnding = false;

function ask(): void {
  const atMs = Date.now();
  open += 1;
  const finish = (result: Readonly<Record<string, unknown>>): void => {
    process.stdout.write(`${JSON.stringify({ atMs, tookMs: Date.now() - atMs, ...result })}\n`);
    open -= 1;
    if (isEnding && open === 0) process.exit(0);
  };
  const call = get({ host: '127.0.0.1', port, agent: false, timeout: limitMs }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.once('error', (error) => {
      finish({ error: error.message });
    });
    response.once('end', () => {
      finish(
        response.statusCode === 200
          ? { replica: text.trim() }
          : { error: `status ${String(response.statusCode)}` },
      );
    });
  });
  call.once('timeout', () => call.destroy(new Error('no answer in time')));
  call.once('error', (error) => {
    finish({ error: error.message });
  });
}

const timer = setInterval(ask, periodMs);
process.stdin.resume();
process.stdin.once('end', () => {
  isEnding = true;
  clearInterval(timer);
  if (open === 0) process.exit(0);
});
