import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Log } from '../../../common/ports/log.ts';
import type { Net } from '../../../common/ports/net.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { NodeClock } from '../../../common/platform/clock.ts';
import { NodeDisk } from '../../../common/platform/disk.ts';
import { NodeEntropy } from '../../../common/platform/entropy.ts';
import { NodeNet } from '../../../common/platform/net.ts';
import { ProxyControl } from '../control.ts';
import { Proxy } from '../proxy.ts';
import { SnapshotFile } from '../snapshot-file.ts';
import { ControlSocket, isServed } from './control-socket.ts';
import { proxyFiles } from './files.ts';
import { HandleNet } from './handle-net.ts';
import { tcpHandles } from './tcp-handles.ts';

/** How often the process looks whether its folder and its socket are still there. */
const watchPeriodMs = 2_000;
/** How long open connections may last after SIGTERM. */
const terminationGraceMs = 10_000;
/** How long to wait for the answer of a proxy that may already serve. */
const probeMs = 2_000;

/** Why the process ends, and how long open connections may still last. */
interface Ending {
  readonly reason: string;
  readonly graceMs: number;
}

/**
 * Runs the proxy of one data root until it is told to stop, its folder is gone or another process has its place.
 *
 * @param directory `<data root>/proxy`, made when it is missing.
 */
export async function serveProxy(directory: string, build: string, log: Log): Promise<void> {
  const files = proxyFiles(directory);
  const net = leanNet();
  const clock = new NodeClock();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (await isServed(files, net, AbortSignal.timeout(probeMs))) {
    log.at('warn', 'another proxy serves this data root', {});
    return;
  }
  await writePidFile(files.pid, log);

  const ending = Promise.withResolvers<Ending>();
  const life = new AbortController();
  const random = seededRandom(newSeed());
  await using proxy = new Proxy({ net, clock, random, log, collect: collectYoung });
  await using control = new ProxyControl({
    proxy,
    snapshot: new SnapshotFile(new NodeDisk(), files.snapshot, log),
    log,
    pid: process.pid,
    build,
    stop: (graceMs) => {
      ending.resolve({ reason: 'asked by the daemon', graceMs });
    },
  });
  await control.restore(life.signal);
  await using socket = await ControlSocket.listen(files, net, (stream) => {
    control.accept(stream);
  });
  log.at('info', 'proxy serves', { pid: process.pid, build });

  failOnBug(proxy.ended, ending.reject);
  failOnBug(control.ended, ending.reject);
  onTermination(ending.resolve);
  watch(socket, ending.resolve);
  shrinkWhenQuiet(proxy);
  const { reason, graceMs } = await ending.promise;
  log.at('info', 'proxy ends', { reason, graceMs });
  const draining = proxy.stop(graceMs, life.signal);
  await socket[Symbol.asyncDispose]();
  await draining;
  await removePidFile(files.pid);
}

/** The cheapest that this version of Node allows. */
function leanNet(): Net {
  const net = new NodeNet();
  const handles = tcpHandles();
  return handles === undefined ? net : new HandleNet(handles, net);
}

/** It is for people: a full disk must not keep ports closed. */
async function writePidFile(path: string, log: Log): Promise<void> {
  try {
    await writeFile(path, `${String(process.pid)}\n`, { mode: 0o600 });
  } catch (error) {
    log.at('warn', 'pid file cannot be written', { error });
  }
}

/** A successor may have put its own in the place. */
async function removePidFile(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (text.trim() === String(process.pid)) await rm(path, { force: true });
}

/** Takes a fraction of a millisecond, and saves more than it takes: buffers that are used again are warm. */
function collectYoung(): void {
  globalThis.gc?.({ type: 'minor' });
}

/** After traffic, as soon as there is none, gives back what the heap took for it. */
function shrinkWhenQuiet(proxy: Proxy): void {
  let seen = 0;
  let isShrunk = true;
  setInterval(() => {
    const carried = proxy.carriedBytes;
    if (carried !== seen) isShrunk = false;
    else if (!isShrunk) {
      isShrunk = true;
      globalThis.gc?.({ type: 'major', flavor: 'last-resort' });
    }
    seen = carried;
  }, watchPeriodMs);
}

function newSeed(): number {
  const bytes = new NodeEntropy().bytes(6);
  return bytes.reduce((seed, byte) => seed * 256 + byte, 0);
}

function failOnBug(ended: AbortSignal, fail: (error: unknown) => void): void {
  ended.addEventListener('abort', () => {
    fail(ended.reason);
  });
}

/** The first signal drains, the second ends at once. */
function onTermination(end: (ending: Ending) => void): void {
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count > 1) process.exit(0);
    end({ reason: 'terminated', graceMs: terminationGraceMs });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => undefined);
}

/** A proxy that no daemon can find any more would hold its ports for ever. */
function watch(socket: ControlSocket, end: (ending: Ending) => void): void {
  const timer = setInterval(() => {
    void look();
  }, watchPeriodMs);
  async function look(): Promise<void> {
    const state = await socket.state();
    if (state === 'ours') return;
    clearInterval(timer);
    if (state === 'folder gone') end({ reason: 'data root is gone', graceMs: 0 });
    else end({ reason: 'control socket was replaced', graceMs: terminationGraceMs });
  }
}
