/**
 * Collects the garbage of the process whose inspector listens in this network namespace, and writes how many bytes its heap holds then.
 *
 * SIGUSR1 makes any Node process listen.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { member } from '../../../deploy/quickstart/socket-http.ts';

const inspector = 'http://127.0.0.1:9229/json/list';
const limitMs = 20_000;

async function socketUrl(): Promise<string> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    try {
      const answer = await fetch(inspector);
      const url = member(await answer.json(), 0, 'webSocketDebuggerUrl');
      if (typeof url === 'string') return url;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
    await sleep(100);
  }
}

const socket = new WebSocket(await socketUrl());
let lastId = 0;

async function call(method: string): Promise<unknown> {
  lastId += 1;
  const id = lastId;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const onMessage = ({ data }: MessageEvent): void => {
    const message = JSON.parse(String(data)) as unknown;
    if (member(message, 'id') === id) resolve(member(message, 'result'));
  };
  socket.addEventListener('message', onMessage);
  socket.send(JSON.stringify({ id, method }));
  const result = await promise;
  socket.removeEventListener('message', onMessage);
  return result;
}

await new Promise((resolve) => {
  socket.addEventListener('open', resolve, { once: true });
});
for (let count = 0; count < 2; count += 1) await call('HeapProfiler.collectGarbage');
const usage = await call('Runtime.getHeapUsage');
process.stdout.write(`${String(member(usage, 'usedSize'))}\n`);
socket.close();
