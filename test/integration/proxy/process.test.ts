// The life of the proxy process: it outlives its daemon, is adopted, comes back after a crash, and ends when nobody can want it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { proxyFiles } from '../../../worker/proxy/process/files.ts';
import { ProxyProcess } from '../../../worker/proxy/process/spawn.ts';
import { endpointSetOf, startProxyDaemon } from '../../lib/proxy-daemon.ts';
import { exchange, freePort, startBackends, type BackendGroup } from '../../lib/sockets.ts';

const never = new AbortController().signal;

async function startNamed(count: number): Promise<BackendGroup> {
  return await startBackends(count, (socket, taskId) => {
    socket.resume();
    socket.end(taskId);
  });
}

async function newDirectory(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'shoal-proxy-')), 'proxy');
}

async function firstNumber(output: Readable): Promise<number> {
  for await (const line of createInterface(output)) return Number(line);
  throw new Error('output ended');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('proxy process', () => {
  it('is not started while no port is published', async () => {
    await using daemon = await startProxyDaemon();
    expect(await daemon.client.apply(3, [], never)).toEqual({ version: 3, failures: [] });
    expect(daemon.client.status()).toMatchObject({ running: false, pid: 0 });
    await expect(stat(daemon.directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps its files and its socket to the owner', async () => {
    await using group = await startNamed(1);
    await using daemon = await startProxyDaemon();
    await daemon.client.apply(1, [endpointSetOf(await freePort(), group)], never);
    const files = proxyFiles(daemon.directory);
    for (const path of [files.socket, files.snapshot, files.pid, files.log]) {
      expect([path, (await stat(path)).mode & 0o777]).toEqual([path, 0o600]);
    }
    expect((await stat(daemon.directory)).mode & 0o777).toBe(0o700);
    expect(Number(await readFile(files.pid, 'utf8'))).toBe(daemon.client.status().pid);
  });

  it('serves on when its daemon is killed, and is adopted by the next one', async () => {
    await using group = await startNamed(2);
    const directory = await newDirectory();
    const port = await freePort();
    const script = fileURLToPath(new URL('first-daemon.ts', import.meta.url));
    const addresses = group.backends.map(({ address }) => address);
    const args = [script, directory, String(port), String(group.port), ...addresses];
    const first = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await firstNumber(first.stdout);
    expect(isAlive(pid)).toBe(true);
    first.kill('SIGKILL');
    await once(first, 'exit');
    for (let request = 0; request < 4; request += 1) {
      expect(await exchange(port, '')).toMatch(/^task\d$/);
    }
    await using second = await startProxyDaemon(directory);
    const set = endpointSetOf(port, group, group.backends.slice(0, 1));
    await second.client.apply(2, [set], never);
    expect(second.client.status()).toMatchObject({ running: true, pid, version: 2 });
    expect(await exchange(port, '')).toBe('task0');
  });

  it('obeys the daemon that came last', async () => {
    await using group = await startNamed(2);
    await using first = await startProxyDaemon();
    const port = await freePort();
    await first.client.apply(1, [endpointSetOf(port, group)], never);
    const { pid } = first.client.status();
    await first.leave();
    await using second = await startProxyDaemon(first.directory);
    await second.client.apply(2, [endpointSetOf(port, group)], never);
    expect(second.client.status().pid).toBe(pid);
    expect((await second.client.stats(never)).connectionsAccepted).toBe(0);
  });

  it('comes back when it was killed, and serves what it last knew', async () => {
    await using group = await startNamed(1);
    await using daemon = await startProxyDaemon();
    const port = await freePort();
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    const { pid } = daemon.client.status();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect
      .poll(() => daemon.client.status(), { timeout: 15_000 })
      .toMatchObject({ running: true, version: 1 });
    expect(daemon.client.status().pid).not.toBe(pid);
    expect(await exchange(port, '')).toBe('task0');
  });

  it('serves its snapshot before any daemon has spoken', async () => {
    await using group = await startNamed(1);
    const daemon = await startProxyDaemon();
    const port = await freePort();
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    const { pid } = daemon.client.status();
    await daemon.leave();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    await new ProxyProcess(daemon.directory, 'test').spawn();
    await expect
      .poll(() => exchange(port, '').catch(() => 'refused'), { timeout: 15_000 })
      .toBe('task0');
    // It serves before it listens for a daemon, and a daemon without published ports looks only once.
    const { socket } = proxyFiles(daemon.directory);
    await expect.poll(() => isAnswered(socket), { timeout: 15_000 }).toBe(true);
    await using next = await startProxyDaemon(daemon.directory);
    await next.client.stats(never);
    expect(next.client.status().running).toBe(true);
  });

  it('starts with nothing from a damaged snapshot', async () => {
    await using group = await startNamed(1);
    const directory = await newDirectory();
    const files = proxyFiles(directory);
    await new ProxyProcess(directory, 'test').spawn();
    await expect
      .poll(() => stat(files.socket).catch(() => undefined), { timeout: 15_000 })
      .toBeDefined();
    process.kill(Number(await readFile(files.pid, 'utf8')), 'SIGKILL');
    await writeFile(files.snapshot, 'not a snapshot at all');
    await using daemon = await startProxyDaemon(directory);
    const port = await freePort();
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    expect(await exchange(port, '')).toBe('task0');
    expect(await readFile(files.log, 'utf8')).toContain('endpoint snapshot is damaged');
  });

  it('is one for a data root, however often it is started', async () => {
    await using group = await startNamed(1);
    await using daemon = await startProxyDaemon();
    const port = await freePort();
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    const { pid } = daemon.client.status();
    await new ProxyProcess(daemon.directory, 'test').spawn();
    const { log } = proxyFiles(daemon.directory);
    await expect
      .poll(() => readFile(log, 'utf8'), { timeout: 15_000 })
      .toContain('another proxy serves this data root');
    expect(await exchange(port, '')).toBe('task0');
    expect(daemon.client.status()).toMatchObject({ running: true, pid });
  });

  it('ends when its data root is gone', async () => {
    await using group = await startNamed(1);
    const daemon = await startProxyDaemon();
    const port = await freePort();
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    const { pid } = daemon.client.status();
    await daemon.leave();
    await rm(join(daemon.directory, '..'), { recursive: true });
    await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
    await expect(exchange(port, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends when it is told to, and frees its ports', async () => {
    await using group = await startNamed(1);
    await using daemon = await startProxyDaemon();
    const port = await freePort();
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    const { pid } = daemon.client.status();
    await daemon.client.stop(1_000, never);
    expect(daemon.client.status().running).toBe(false);
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect(exchange(port, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(stat(proxyFiles(daemon.directory).snapshot)).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await daemon.client.apply(2, [endpointSetOf(port, group)], never);
    expect(await exchange(port, '')).toBe('task0');
    expect(daemon.client.status().pid).not.toBe(pid);
  });

  it('ends after SIGTERM', async () => {
    await using group = await startNamed(1);
    const daemon = await startProxyDaemon();
    await daemon.client.apply(1, [endpointSetOf(await freePort(), group)], never);
    const { pid } = daemon.client.status();
    await daemon.leave();
    process.kill(pid, 'SIGTERM');
    await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
    await rm(join(daemon.directory, '..'), { recursive: true });
  });

  it('is not shaken by noise on its control socket', async () => {
    await using group = await startNamed(1);
    await using daemon = await startProxyDaemon();
    const port = await freePort();
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    const { pid } = daemon.client.status();
    for (const noise of ['', 'GET / HTTP/1.1\r\n\r\n', '\u0004\0\0\0junk', '\xff'.repeat(100)]) {
      const socket = createConnection(proxyFiles(daemon.directory).socket);
      socket.on('error', () => undefined);
      socket.resume();
      socket.end(Buffer.from(noise, 'latin1'));
      await once(socket, 'close');
    }
    await daemon.client.apply(2, [endpointSetOf(port, group)], never);
    expect(daemon.client.status()).toMatchObject({ pid, version: 2 });
    expect(await exchange(port, '')).toBe('task0');
  });
});
