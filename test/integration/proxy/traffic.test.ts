// The real proxy process on real sockets: what clients of a published port see.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { endpointSetOf, startProxyDaemon, type ProxyDaemon } from '../../lib/proxy-daemon.ts';
import {
  connectTo,
  exchange,
  freePort,
  readAll,
  startBackends,
  type Backend,
  type BackendGroup,
} from '../../lib/sockets.ts';

const never = new AbortController().signal;

/** Says its name and ends. */
function sayName(socket: Socket, taskId: string): void {
  socket.resume();
  socket.end(taskId);
}

interface Served extends AsyncDisposable {
  readonly daemon: ProxyDaemon;
  readonly group: BackendGroup;
  readonly port: number;
  follow(version: number, backends: readonly Backend[]): Promise<void>;
}

async function serve(
  count: number,
  answer: (socket: Socket, taskId: string) => void,
): Promise<Served> {
  const group = await startBackends(count, answer);
  const daemon = await startProxyDaemon();
  const port = await freePort();
  const follow = async (version: number, backends: readonly Backend[]): Promise<void> => {
    const set = endpointSetOf(port, group, backends);
    const acknowledge = await daemon.client.apply(version, [set], never);
    expect(acknowledge).toEqual({ version, failures: [] });
  };
  await follow(1, group.backends);
  return {
    daemon,
    group,
    port,
    follow,
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await group[Symbol.asyncDispose]();
    },
  };
}

async function residentBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}

describe('published port', () => {
  it('reaches every task', async () => {
    await using served = await serve(3, sayName);
    const answers: string[] = [];
    for (let request = 0; request < 6; request += 1) answers.push(await exchange(served.port, ''));
    expect(new Set(answers)).toEqual(new Set(['task0', 'task1', 'task2']));
  });

  it('answers on IPv6 too', async () => {
    await using served = await serve(1, sayName);
    const { createConnection } = await import('node:net');
    const socket = createConnection({ host: '::1', port: served.port });
    expect(await readAll(socket)).toBe('task0');
  });

  it('carries what the client sends after the server has ended, and the reverse', async () => {
    const heard = Promise.withResolvers<string>();
    await using served = await serve(1, (socket) => {
      socket.end('I am done');
      heard.resolve(readAll(socket));
    });
    const socket = await connectTo(served.port);
    expect(await readAll(socket)).toBe('I am done');
    socket.write('but I ');
    await sleep(20);
    socket.end('am not');
    expect(await heard.promise).toBe('but I am not');
  });

  it('carries a whole answer to a client that has ended its side', async () => {
    await using served = await serve(1, (socket) => {
      void readAll(socket).then((text) => socket.end(text.repeat(1000)));
    });
    expect(await exchange(served.port, 'x'.repeat(10_000))).toHaveLength(10_000_000);
  });

  it('resets the client when the task resets, and the task when the client does', async () => {
    const peers: Socket[] = [];
    await using served = await serve(1, (socket) => peers.push(socket));
    const first = await connectTo(served.port);
    first.write('hello');
    await expect.poll(() => peers.length).toBe(1);
    peers[0]?.resetAndDestroy();
    expect(await once(first, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
    const second = await connectTo(served.port);
    second.write('hello');
    await expect.poll(() => peers.length).toBe(2);
    const hadError = Promise.withResolvers<boolean>();
    peers[1]?.on('close', hadError.resolve);
    second.resetAndDestroy();
    expect(await hadError.promise).toBe(true);
  });

  it('holds little of what a fast sender sends to a reader that stalls', async () => {
    let sentBytes = 0;
    await using served = await serve(1, (socket) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const push = (): void => {
        while (socket.write(chunk)) sentBytes += chunk.length;
        socket.once('drain', push);
      };
      push();
    });
    const { pid } = served.daemon.client.status();
    const before = await residentBytes(pid);
    const stalled: Socket[] = [];
    for (let reader = 0; reader < 20; reader += 1) {
      const socket = await connectTo(served.port);
      socket.pause();
      stalled.push(socket);
    }
    await sleep(1_000);
    const grownBytes = (await residentBytes(pid)) - before;
    expect(sentBytes).toBeGreaterThan(20 * 1024 * 1024);
    expect(grownBytes).toBeLessThan(40 * 1024 * 1024);
    for (const socket of stalled) socket.destroy();
  });

  it('hides a task that refuses connections', async () => {
    await using served = await serve(3, sayName);
    served.group.backends[1]?.kill();
    for (let request = 0; request < 30; request += 1) {
      expect(['task0', 'task2']).toContain(await exchange(served.port, ''));
    }
    const { connectFailures } = await served.daemon.client.stats(never);
    expect(connectFailures).toBeGreaterThan(0);
    expect(connectFailures).toBeLessThan(10);
  });

  it('resets clients while no task is there', async () => {
    await using served = await serve(1, sayName);
    await served.follow(2, []);
    // The reset comes with the connection or just after it.
    const ended = connectTo(served.port).then((socket) => once(socket, 'data'));
    await expect(ended).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('sends no connection to a task that an acknowledged set no longer has', async () => {
    await using served = await serve(2, (socket, taskId) => socket.write(taskId));
    const open = [await connectTo(served.port), await connectTo(served.port)];
    await Promise.all(open.map((socket) => once(socket, 'data')));
    const [leaving, staying] = served.group.backends;
    if (leaving === undefined || staying === undefined) throw new Error('no backends');
    await served.follow(2, [staying]);
    for (let request = 0; request < 10; request += 1) {
      const socket = await connectTo(served.port);
      open.push(socket);
      expect(String((await once(socket, 'data'))[0])).toBe('task1');
    }
    expect(leaving.accepted()).toBe(1);
    const { tasks } = await served.daemon.client.stats(never);
    expect(tasks).toEqual([
      { taskId: 'task0', open: 1 },
      { taskId: 'task1', open: 11 },
    ]);
    for (const socket of open) socket.destroy();
  });

  it('fails no request while tasks come and go behind the barrier', async () => {
    await using served = await serve(4, (socket, taskId) => {
      setTimeout(() => {
        socket.end(taskId);
      }, 2);
      socket.resume();
    });
    const stop = new AbortController();
    let requests = 0;
    const failures: unknown[] = [];
    const load = Array.from({ length: 16 }, async () => {
      while (!stop.signal.aborted) {
        try {
          const answer = await exchange(served.port, 'GET');
          if (!answer.startsWith('task')) failures.push(answer);
        } catch (error) {
          failures.push(error);
        }
        requests += 1;
      }
    });
    const { backends } = served.group;
    for (let version = 2; version < 102; version += 1) {
      const out = version % backends.length;
      await served.follow(
        version,
        backends.filter((_, index) => index !== out),
      );
      await sleep(5);
    }
    stop.abort();
    await Promise.all(load);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(100);
  });

  it('names a port that is in use, serves the others, and takes it when it is free', async () => {
    await using served = await serve(1, sayName);
    const rival = createServer().listen(0);
    await once(rival, 'listening');
    const address = rival.address();
    const taken = address !== null && typeof address === 'object' ? address.port : 0;
    const sets = [endpointSetOf(served.port, served.group), endpointSetOf(taken, served.group)];
    const { failures } = await served.daemon.client.apply(2, sets, never);
    expect(failures).toEqual([
      { port: taken, protocol: 'tcp', error: 'address is already in use' },
    ]);
    expect(await exchange(served.port, '')).toBe('task0');
    rival.close();
    await expect
      .poll(() => served.daemon.client.status().failures, { timeout: 15_000 })
      .toEqual([]);
    expect(await exchange(taken, '')).toBe('task0');
  });
});
