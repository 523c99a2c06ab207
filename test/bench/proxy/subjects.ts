// The proxies that are compared: ours, HAProxy, and a bare loop over Node's own streams; all lead to the same servers.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endpointSetOf, startProxyDaemon } from '../../lib/proxy-daemon.ts';
import { connectTo, freePort, type BackendGroup } from '../../lib/sockets.ts';

export const rival = 'haproxy';

/** One running proxy. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
}

export async function startShoal(group: BackendGroup): Promise<Subject> {
  const daemon = await startProxyDaemon();
  const port = await freePort();
  await daemon.client.apply(1, [endpointSetOf(port, group)], new AbortController().signal);
  return {
    name: 'shoal',
    pid: daemon.client.status().pid,
    port,
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

export async function startHaproxy(group: BackendGroup): Promise<Subject> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-'));
  const port = await freePort();
  const file = join(directory, 'haproxy.cfg');
  await writeFile(file, configOf(port, group));
  const child = spawn(rival, ['-f', file, '-db'], { stdio: 'ignore' });
  return await started(rival, child, port, () => rm(directory, { recursive: true, force: true }));
}

export async function startBare(group: BackendGroup): Promise<Subject> {
  const port = await freePort();
  const entry = fileURLToPath(new URL('bare/main.ts', import.meta.url));
  const hosts = group.backends.map(({ address }) => address);
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', entry, String(port), String(group.port), ...hosts],
    { stdio: 'ignore' },
  );
  return await started('bare node:net', child, port, () => Promise.resolve());
}

function configOf(port: number, group: BackendGroup): string {
  const servers = group.backends.map(
    ({ taskId, address }) => `  server ${taskId} ${address}:${String(group.port)}`,
  );
  return [
    'global',
    '  nbthread 1',
    '  maxconn 8000',
    'defaults',
    '  mode tcp',
    '  maxconn 8000',
    '  timeout connect 2s',
    '  timeout client 1h',
    '  timeout server 1h',
    'listen bench',
    `  bind 127.0.0.1:${String(port)}`,
    '  balance leastconn',
    ...servers,
    '',
  ].join('\n');
}

async function started(
  name: string,
  child: ChildProcess,
  port: number,
  tidy: () => Promise<void>,
): Promise<Subject> {
  await once(child, 'spawn');
  await untilOpen(port);
  return {
    name,
    pid: child.pid ?? 0,
    port,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await tidy();
    },
  };
}

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    try {
      (await connectTo(port)).destroy();
      return;
    } catch {
      await sleep(25);
    }
  }
  throw new Error('a proxy does not listen');
}
