import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the quick start's daemon lives; the same variables that the daemon reads choose other places. */
export interface Settings {
  /** Root of the checkout. */
  readonly root: string;
  readonly dataRoot: string;
  readonly logPath: string;
  readonly socketPath: string;
  readonly engineSocket: string;
  /** Environment for `shoal daemon` and for the client. */
  readonly environment: NodeJS.ProcessEnv;
}

/** What `shoal daemon` serves metrics on unless told otherwise. */
const metricsPort = 9323;

/** As root the daemon's own defaults; for another user, who must be allowed to use the engine, places of that user. */
export async function readSettings(environment: NodeJS.ProcessEnv): Promise<Settings> {
  const isRoot = process.getuid?.() === 0;
  const home = environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share');
  const runtime = environment['XDG_RUNTIME_DIR'] ?? join(home, 'shoal');
  const dataRoot =
    given(environment['SHOAL_DATA_ROOT']) ??
    (isRoot ? '/var/lib/shoal' : join(home, 'shoal', 'data'));
  const host =
    given(environment['SHOAL_HOST']) ??
    `unix://${isRoot ? '/var/run/shoal.sock' : join(runtime, 'shoal.sock')}`;
  const engine = given(environment['SHOAL_ENGINE']) ?? 'unix:///var/run/docker.sock';
  const metrics =
    given(environment['SHOAL_METRICS_ADDR']) ??
    `127.0.0.1:${String((await isFreePort(metricsPort, '127.0.0.1')) ? metricsPort : 0)}`;
  return {
    root: resolve(import.meta.dirname, '..', '..'),
    dataRoot,
    logPath: join(dataRoot, 'daemon.log'),
    socketPath: host.replace(/^unix:\/\//, ''),
    engineSocket: engine.replace(/^unix:\/\//, ''),
    environment: {
      ...environment,
      SHOAL_DATA_ROOT: dataRoot,
      SHOAL_HOST: host,
      SHOAL_ENGINE: engine,
      SHOAL_METRICS_ADDR: metrics,
    },
  };
}

/** True when a listener on the port could be opened now. */
export async function isFreePort(port: number, host?: string): Promise<boolean> {
  const { promise, resolve: settle } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => {
    settle(false);
  });
  server.listen(port, host, () => {
    server.close(() => {
      settle(true);
    });
  });
  return await promise;
}

/**
 * The address under which other machines reach this one: that of the default route's interface. A machine with several
 * addresses needs one to be named; one without any network is its own only node.
 */
export function advertiseAddress(): string {
  const interfaces = networkInterfaces();
  const name = defaultRouteInterface();
  const named = name === undefined ? [] : (interfaces[name] ?? []);
  const all = [...named, ...Object.values(interfaces).flatMap((addresses) => addresses ?? [])];
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? '127.0.0.1';
}

function defaultRouteInterface(): string | undefined {
  try {
    const [, ...routes] = readFileSync('/proc/net/route', 'utf8').split('\n');
    return routes.map((line) => line.split('\t')).find(([, target]) => target === '00000000')?.[0];
  } catch {
    return undefined;
  }
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
