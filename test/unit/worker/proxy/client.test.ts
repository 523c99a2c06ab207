// Daemon and proxy process on a virtual network: starting, adopting, acknowledging, coming back, replacing.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import type { ByteStream } from '../../../../common/ports/net.ts';
import { newEndpoint, newEndpointSet, type EndpointSet } from '../../../../proto/gen/dispatcher.ts';
import {
  decodeToProxy,
  encodeFromProxy,
  newFromProxy,
  newProxyHello,
  newProxyStats,
} from '../../../../proto/gen/node.ts';
import { newPortConfig, PortProtocol } from '../../../../proto/gen/specs.ts';
import { Channel, proxyProtocol } from '../../../../worker/proxy/channel.ts';
import { ProxyClient, type ProxySpawner } from '../../../../worker/proxy/client.ts';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';
import { MemoryNetwork } from '../../../lib/memory-net.ts';
import { StreamPeer } from '../../../lib/stream-peer.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';
import { VirtualProxyProcess } from '../../../lib/virtual-proxy.ts';

const never = new AbortController().signal;

class Stage {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly disk = new MemoryDisk({ random: seededRandom(1) });
  readonly process = new VirtualProxyProcess(this.network, 'node', this.disk);
  readonly log = new KeptLog();
  #life = new AbortController();

  async prepare(): Promise<this> {
    this.network.host('node', ['192.168.0.1']);
    await this.disk.makeDirectory('/proxy');
    return this;
  }

  daemon(spawner: ProxySpawner = this.process): ProxyClient {
    const client = new ProxyClient({
      net: this.network.host('node'),
      clock: this.clock,
      random: seededRandom(7),
      log: this.log,
      spawner,
      socketPath: this.process.socketPath,
      pid: 99,
      build: 'test',
    });
    void client.run(this.#life.signal).catch(() => undefined);
    return client;
  }

  /** Lets up to `ms` pass until `work` is done. */
  async during<T>(work: Promise<T>, ms = 30_000): Promise<T> {
    let isDone = false;
    const watched = work.finally(() => {
      isDone = true;
    });
    watched.catch(() => undefined);
    await this.clock.advanceUntil(() => isDone, ms);
    return await watched;
  }

  /** Ends the daemons; the proxy goes on. */
  end(): void {
    this.#life.abort(new Error('daemon ends'));
    this.#life = new AbortController();
  }
}

function webSet(port = 8080): EndpointSet {
  return newEndpointSet({
    serviceId: 'web',
    ports: [newPortConfig({ publishedPort: port, targetPort: 80 })],
    endpoints: [newEndpoint({ taskId: 'a', address: '10.0.0.1' })],
  });
}

describe('ProxyClient', () => {
  it('acknowledges at once, and starts nothing, while no port has to be served', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    const udp = newPortConfig({ publishedPort: 53, targetPort: 53, protocol: PortProtocol.udp });
    const acknowledge = await stage.during(
      daemon.apply(4, [newEndpointSet({ ports: [udp] })], never),
    );
    expect(acknowledge.version).toBe(4);
    expect(acknowledge.failures.map(({ port }) => port)).toEqual([53]);
    expect(stage.process.spawned).toBe(0);
    expect((await stage.during(daemon.stats(never))).connectionsOpen).toBe(0);
    stage.end();
  });

  it('starts a proxy with the first published port, and only one', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    const first = daemon.apply(1, [webSet()], never);
    const second = daemon.apply(2, [webSet()], never);
    expect((await stage.during(second)).version).toBe(2);
    expect((await first).version).toBeGreaterThanOrEqual(1);
    expect(stage.process.spawned).toBe(1);
    expect(daemon.status()).toEqual({ running: true, pid: 1, version: 2, failures: [] });
    stage.end();
  });

  it('adopts a proxy that runs, and takes its ports away when nothing is published any more', async () => {
    const stage = await new Stage().prepare();
    const first = stage.daemon();
    await stage.during(first.apply(1, [webSet()], never));
    stage.end();
    await stage.clock.advance(1_000);
    const second = stage.daemon();
    expect((await stage.during(second.apply(2, [], never))).version).toBe(2);
    expect(stage.process.spawned).toBe(1);
    expect(stage.process.proxy?.status().version).toBe(2);
    stage.end();
  });

  it('starts it again when it dies, and an apply meanwhile is answered by the new one', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    await stage.during(daemon.apply(1, [webSet()], never));
    await stage.process.kill();
    const acknowledge = await stage.during(daemon.apply(2, [webSet(9090)], never));
    expect(acknowledge.version).toBe(2);
    expect(stage.process.spawned).toBe(2);
    expect(stage.process.log.lines.map(({ message }) => message)).toContain(
      'endpoints of the last run are served again',
    );
    stage.end();
  });

  it('tells why no proxy runs, tries with growing pauses, and answers once one does', async () => {
    const stage = await new Stage().prepare();
    let attempts = 0;
    const daemon = stage.daemon({
      spawn: () => {
        attempts += 1;
        if (attempts > 4) return stage.process.spawn();
        return Promise.reject(new ShoalError('unavailable', 'no room'));
      },
    });
    const applying = daemon.apply(1, [webSet()], never);
    await stage.clock.advance(10);
    expect(daemon.status()).toMatchObject({ running: false, error: 'no room' });
    expect((await stage.during(applying)).version).toBe(1);
    expect(attempts).toBe(5);
    expect(stage.clock.nowMs()).toBeGreaterThan(500);
    expect(daemon.status().error).toBeUndefined();
    stage.end();
  });

  it('reports later that a port could be bound at last', async () => {
    const stage = await new Stage().prepare();
    const rival = await stage.network
      .host('node')
      .listen({ kind: 'tcp', host: '', port: 8080 }, () => undefined);
    const daemon = stage.daemon();
    const { failures } = await stage.during(daemon.apply(1, [webSet()], never));
    expect(failures.map(({ error }) => error)).toEqual(['address is already in use']);
    await rival.close();
    await stage.clock.advance(30_000);
    expect(daemon.status()).toMatchObject({ version: 1, failures: [] });
    stage.end();
  });

  it('stops the proxy, after which the next publication starts another', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    await stage.during(daemon.apply(1, [webSet()], never));
    await stage.during(daemon.stop(1_000, never));
    expect(daemon.status()).toMatchObject({ running: false, pid: 0 });
    expect(await stage.disk.exists(stage.process.snapshotPath)).toBe(false);
    await stage.during(daemon.apply(2, [webSet()], never));
    expect(daemon.status()).toMatchObject({ running: true, pid: 2, version: 2 });
    stage.end();
  });

  it('stops nothing when nothing runs', async () => {
    const stage = await new Stage().prepare();
    await stage.during(stage.daemon().stop(1_000, never));
    expect(stage.process.spawned).toBe(0);
    stage.end();
  });

  it('asks a proxy of another version to drain, and starts its own in its place', async () => {
    const stage = await new Stage().prepare();
    const old = new OldProxy(proxyProtocol + 1);
    const listener = await stage.network
      .host('node')
      .listen({ kind: 'unix', path: stage.process.socketPath }, (stream) => {
        old.accept(stream, () => void listener.close());
      });
    const daemon = stage.daemon();
    const { version } = await stage.during(daemon.apply(5, [webSet()], never));
    expect(version).toBe(5);
    expect(old.messages).toEqual(['hello', 'stop']);
    expect(daemon.status()).toMatchObject({ running: true, pid: 1 });
    stage.end();
  });

  it('starts its own in the place of another version before the agent has said anything', async () => {
    const stage = await new Stage().prepare();
    const old = new OldProxy(proxyProtocol + 1);
    const listener = await stage.network
      .host('node')
      .listen({ kind: 'unix', path: stage.process.socketPath }, (stream) => {
        old.accept(stream, () => void listener.close());
      });
    const daemon = stage.daemon();
    await stage.clock.advance(10_000);
    expect(daemon.status()).toMatchObject({ running: true, pid: 1 });
    stage.end();
  });

  it('gives up waiting when its signal aborts, and still gets there', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    const impatient = new AbortController();
    const applying = daemon.apply(1, [webSet()], impatient.signal);
    impatient.abort(new Error('no patience'));
    await expect(applying).rejects.toThrow('no patience');
    await stage.clock.advance(1_000);
    expect(daemon.status()).toMatchObject({ running: true, version: 1 });
    stage.end();
  });
});

describe('the end of a task’s connections', () => {
  async function connected(stage: Stage): Promise<StreamPeer> {
    const net = stage.network.host('a', ['10.0.0.1']);
    await net.listen({ kind: 'tcp', host: '', port: 80 }, (stream) => void new StreamPeer(stream));
    const dialled = stage.network
      .host('client', ['192.168.0.9'])
      .dial({ kind: 'tcp', host: '192.168.0.1', port: 8080 }, never);
    await stage.clock.advance(10);
    return new StreamPeer(await dialled);
  }

  it('is told by the proxy, once, without asking again', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    await stage.during(daemon.apply(1, [webSet()], never));
    const client = await connected(stage);
    const waits = [new Ending(daemon), new Ending(daemon)];
    await stage.clock.advance(60_000);
    expect(waits.map(({ outcome }) => outcome)).toEqual([undefined, undefined]);
    client.stream.destroy();
    await stage.clock.advance(10);
    expect(waits.map(({ outcome }) => outcome)).toEqual(['drained', 'drained']);
    expect(await outcomeOf(stage, new Ending(daemon))).toBe('drained');
    stage.end();
  });

  it('is told to the next daemon as well', async () => {
    const stage = await new Stage().prepare();
    const first = stage.daemon();
    await stage.during(first.apply(1, [webSet()], never));
    const client = await connected(stage);
    const waiting = new Ending(first);
    await stage.clock.advance(10);
    stage.end();
    await stage.clock.advance(1_000);
    const next = new Ending(stage.daemon());
    await stage.clock.advance(1_000);
    expect(next.outcome).toBeUndefined();
    client.stream.destroy();
    await stage.clock.advance(10);
    expect([waiting.outcome, next.outcome]).toEqual([undefined, 'drained']);
    stage.end();
  });

  it('is there when no proxy runs, and when the one that carried them died', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    expect(await outcomeOf(stage, new Ending(daemon))).toBe('drained');
    await stage.during(daemon.apply(1, [webSet()], never));
    await connected(stage);
    const waiting = new Ending(daemon);
    await stage.clock.advance(10);
    expect(waiting.outcome).toBeUndefined();
    await stage.process.kill();
    await stage.clock.advance(1_000);
    expect(waiting.outcome).toBe('drained');
    stage.end();
  });

  it('can be given up', async () => {
    const stage = await new Stage().prepare();
    const daemon = stage.daemon();
    await stage.during(daemon.apply(1, [webSet()], never));
    await connected(stage);
    const impatient = new AbortController();
    const waiting = new Ending(daemon, impatient.signal);
    await stage.clock.advance(10);
    impatient.abort(new Error('no patience'));
    expect(await outcomeOf(stage, waiting)).toBe('no patience');
    stage.end();
  });

  it('is asked for four times a second where the proxy is of a build that does not tell', async () => {
    const stage = await new Stage().prepare();
    const old = new OldProxy(proxyProtocol);
    await stage.network
      .host('node')
      .listen({ kind: 'unix', path: stage.process.socketPath }, (stream) => {
        old.accept(stream, () => undefined);
      });
    old.openTo = 'a';
    const waiting = new Ending(stage.daemon());
    await stage.clock.advance(1_010);
    expect(waiting.outcome).toBeUndefined();
    expect(old.messages).toEqual(['hello', 'stats', 'stats', 'stats', 'stats', 'stats']);
    old.openTo = undefined;
    await stage.clock.advance(250);
    expect(waiting.outcome).toBe('drained');
    stage.end();
  });
});

/** Waits for the end of the connections to task `a`. */
class Ending {
  /** `drained`, or the message with which it failed. */
  outcome: string | undefined;

  constructor(daemon: ProxyClient, signal: AbortSignal = never) {
    daemon.drained('a', signal).then(
      () => {
        this.outcome = 'drained';
      },
      (error: unknown) => {
        this.outcome = error instanceof Error ? error.message : String(error);
      },
    );
  }
}

async function outcomeOf(stage: Stage, ending: Ending): Promise<string | undefined> {
  await stage.clock.advance(100);
  return ending.outcome;
}

/** Speaks only what every version understands. */
class OldProxy {
  readonly messages: string[] = [];
  /** The task to which a connection is open. */
  openTo: string | undefined;
  readonly #protocol: number;

  constructor(protocol: number) {
    this.#protocol = protocol;
  }

  accept(stream: ByteStream, onStop: () => void): void {
    const channel: Channel = new Channel(stream, {
      message: (payload) => {
        const kind = decodeToProxy(payload).message?.kind ?? 'unknown';
        this.messages.push(kind);
        if (kind === 'stop') onStop();
        if (kind === 'stats') this.#sendStats(channel);
      },
      closed: () => undefined,
    });
    const value = newProxyHello({ protocol: this.#protocol, pid: 4711 });
    channel.send(encodeFromProxy(newFromProxy({ message: { kind: 'hello', value } })));
  }

  #sendStats(channel: Channel): void {
    const tasks = this.openTo === undefined ? [] : [{ taskId: this.openTo, open: 1 }];
    const value = newProxyStats({ tasks });
    channel.send(encodeFromProxy(newFromProxy({ message: { kind: 'stats', value } })));
  }
}
