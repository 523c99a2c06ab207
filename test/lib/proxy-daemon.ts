import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeClock } from '../../common/platform/clock.ts';
import { NodeNet } from '../../common/platform/net.ts';
import { seededRandom } from '../../common/pure/random.ts';
import { newEndpoint, newEndpointSet, type EndpointSet } from '../../proto/gen/dispatcher.ts';
import { newPortConfig } from '../../proto/gen/specs.ts';
import { ProxyClient } from '../../worker/proxy/client.ts';
import { ProxyProcess } from '../../worker/proxy/process/spawn.ts';
import { KeptLog } from './kept-log.ts';
import type { Backend, BackendGroup } from './sockets.ts';

/** The daemon's side of a proxy process in a test. */
export interface ProxyDaemon extends AsyncDisposable {
  readonly client: ProxyClient;
  readonly log: KeptLog;
  readonly directory: string;
  /** Ends the daemon's side alone: the proxy goes on. */
  leave(): Promise<void>;
}

/** @param directory the proxy's folder; a fresh one by default. On dispose the proxy is stopped and the folder removed. */
export async function startProxyDaemon(directory?: string): Promise<ProxyDaemon> {
  const root = directory ?? join(await mkdtemp(join(tmpdir(), 'shoal-proxy-')), 'proxy');
  const spawner = new ProxyProcess(root, 'test');
  const log = new KeptLog();
  const client = new ProxyClient({
    net: new NodeNet(),
    clock: new NodeClock(),
    random: seededRandom(1),
    log,
    spawner,
    socketPath: spawner.files.socket,
    pid: process.pid,
    build: 'test',
  });
  const life = new AbortController();
  const running = client.run(life.signal).catch((error: unknown) => {
    if (!life.signal.aborted) throw error;
  });
  const leave = async (): Promise<void> => {
    life.abort(new Error('left'));
    await running;
  };
  return {
    client,
    log,
    directory: root,
    leave,
    [Symbol.asyncDispose]: async () => {
      if (!life.signal.aborted) await client.stop(0, AbortSignal.timeout(20_000));
      await leave();
      await rm(join(root, '..'), { recursive: true, force: true });
    },
  };
}

/** The endpoint set of one service whose port `published` leads to `backends`. */
export function endpointSetOf(
  published: number,
  group: BackendGroup,
  backends: readonly Backend[] = group.backends,
): EndpointSet {
  return newEndpointSet({
    serviceId: `service${String(published)}`,
    ports: [newPortConfig({ publishedPort: published, targetPort: group.port })],
    endpoints: backends.map(({ taskId, address }) => newEndpoint({ taskId, address })),
  });
}
