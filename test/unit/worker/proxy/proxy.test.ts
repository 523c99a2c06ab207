// The proxy on a virtual network: whom a connection reaches, what flows, what happens when endpoints fail or go.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../../common/pure/limits.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { newEndpoint, newEndpointSet, type EndpointSet } from '../../../../proto/gen/dispatcher.ts';
import { newPortConfig, PortProtocol } from '../../../../proto/gen/specs.ts';
import { Proxy } from '../../../../worker/proxy/proxy.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { MemoryNetwork } from '../../../lib/memory-net.ts';
import { StreamPeer } from '../../../lib/stream-peer.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const never = new AbortController().signal;

class Stage implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly log = new KeptLog();
  readonly proxy: Proxy;
  /** Connections that each task has accepted. */
  readonly accepted = new Map<string, StreamPeer[]>();

  constructor() {
    const net = this.network.host('node', ['192.168.0.1']);
    this.proxy = new Proxy({ net, clock: this.clock, random: seededRandom(1), log: this.log });
  }

  async task(number: number): Promise<void> {
    const name = taskName(number);
    const net = this.network.host(name, [addressOf(number)]);
    this.accepted.set(name, []);
    await net.listen({ kind: 'tcp', host: '', port: 80 }, (stream) => {
      this.accepted.get(name)?.push(new StreamPeer(stream));
    });
  }

  async connect(port = 8080): Promise<StreamPeer> {
    const net = this.network.host('client', ['192.168.0.9']);
    const stream = await net.dial({ kind: 'tcp', host: '192.168.0.1', port }, never);
    return new StreamPeer(stream);
  }

  /** Connects while time passes. */
  async open(port = 8080): Promise<StreamPeer> {
    const connecting = this.connect(port);
    await this.clock.advance(0);
    const client = await connecting;
    await this.clock.advance(0);
    return client;
  }

  /** The message with which a connect fails. */
  async connectRefused(port = 8080): Promise<string> {
    const failing = this.connect(port).then(
      () => 'connected',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    await this.clock.advance(0);
    return failing;
  }

  peersOf(number: number): StreamPeer[] {
    return this.accepted.get(taskName(number)) ?? [];
  }

  async openByTask(): Promise<Record<string, number>> {
    const { tasks } = await this.proxy.stats(never);
    return Object.fromEntries(tasks.map(({ taskId, open }) => [taskId, open]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const disposing = this.proxy[Symbol.asyncDispose]();
    await this.clock.advance(limits.proxyDialMs);
    await disposing;
  }
}

function taskName(number: number): string {
  return `task${String(number)}`;
}

function addressOf(number: number): string {
  return `10.0.0.${String(number)}`;
}

function webSet(numbers: readonly number[], publishedPort = 8080): EndpointSet {
  return newEndpointSet({
    serviceId: `service${String(publishedPort)}`,
    ports: [newPortConfig({ publishedPort, targetPort: 80 })],
    endpoints: numbers.map((number) =>
      newEndpoint({ taskId: taskName(number), address: addressOf(number) }),
    ),
  });
}

async function serving(numbers: readonly number[]): Promise<Stage> {
  const stage = new Stage();
  for (const number of numbers) await stage.task(number);
  await stage.proxy.apply(1, [webSet(numbers)], never);
  return stage;
}

describe('Proxy', () => {
  it('reaches every task of the service', async () => {
    await using stage = await serving([1, 2, 3]);
    for (let connection = 0; connection < 6; connection += 1) await stage.open();
    expect([1, 2, 3].map((number) => stage.peersOf(number).length)).toEqual([2, 2, 2]);
    expect(await stage.openByTask()).toEqual({ task1: 2, task2: 2, task3: 2 });
  });

  it('carries bytes both ways, what the client sends at once included', async () => {
    await using stage = await serving([1]);
    const connecting = stage.connect();
    await stage.clock.step();
    const client = await connecting;
    client.say('early');
    await stage.clock.advance(0);
    const [server] = stage.peersOf(1);
    expect(server?.text).toBe('early');
    server?.say('answer');
    await stage.clock.advance(0);
    expect(client.text).toBe('answer');
    const { bytesUp, bytesDown } = await stage.proxy.stats(never);
    expect({ bytesUp, bytesDown }).toEqual({ bytesUp: 5, bytesDown: 6 });
  });

  it('passes on the end of one direction while the other goes on', async () => {
    await using stage = await serving([1]);
    const client = await stage.open();
    const [server] = stage.peersOf(1);
    client.stream.end();
    await stage.clock.advance(0);
    expect(server?.hasEnded).toBe(true);
    server?.say('still here');
    server?.stream.end();
    await stage.clock.advance(0);
    expect(client.text).toBe('still here');
    expect(client.isClosed && server?.isClosed).toBe(true);
    expect(client.error ?? server?.error).toBeUndefined();
    expect(stage.network.openStreams).toBe(0);
    expect(await stage.openByTask()).toEqual({});
  });

  it.each(['client', 'server'])(
    'makes a reset of the %s a reset of the other side',
    async (who) => {
      await using stage = await serving([1]);
      const client = await stage.open();
      const [server] = stage.peersOf(1);
      const [resetting, other] = who === 'client' ? [client, server] : [server, client];
      resetting?.stream.destroy();
      await stage.clock.advance(0);
      expect(other?.isClosed).toBe(true);
      expect(other?.error).toBeDefined();
      expect(stage.network.openStreams).toBe(0);
    },
  );

  it('never cuts an idle connection', async () => {
    await using stage = await serving([1]);
    const client = await stage.open();
    await stage.clock.advance(7 * 24 * 3_600_000);
    client.say('awake');
    await stage.clock.advance(0);
    expect(stage.peersOf(1)[0]?.text).toBe('awake');
  });

  it('stops reading from a fast sender while the receiver is paused', async () => {
    await using stage = await serving([1]);
    const client = await stage.open();
    stage.peersOf(1)[0]?.stream.pause();
    let sent = 0;
    while (client.say('x'.repeat(16_384)) && sent < 10_000_000) {
      sent += 16_384;
      await stage.clock.advance(0);
    }
    expect(sent).toBeLessThan(400_000);
    stage.peersOf(1)[0]?.stream.resume();
    await stage.clock.advance(0);
    expect(client.drains).toBeGreaterThan(0);
    expect(stage.peersOf(1)[0]?.receivedBytes).toBe(sent + 16_384);
  });

  it('hands a refused connect to another task and the client notices nothing', async () => {
    await using stage = await serving([1]);
    await stage.proxy.apply(2, [webSet([1, 7, 8, 9])], never);
    for (const number of [7, 8, 9]) stage.network.host(taskName(number), [addressOf(number)]);
    for (let connection = 1; connection <= 5; connection += 1) {
      const client = await stage.open();
      expect(client.isClosed).toBe(false);
      expect(stage.peersOf(1)).toHaveLength(connection);
    }
    const { connectFailures } = await stage.proxy.stats(never);
    expect(connectFailures).toBeLessThanOrEqual(3);
  });

  it('gives up on a task that does not answer in time, and on each task once', async () => {
    await using stage = await serving([1, 2]);
    stage.network.stopHost('task1');
    stage.network.stopHost('task2');
    const client = await stage.open();
    await stage.clock.advance(limits.proxyDialMs * 2 - 1);
    expect(client.isClosed).toBe(false);
    await stage.clock.advance(1);
    expect(client.isClosed).toBe(true);
    expect(client.error).toBeDefined();
    expect(await stage.proxy.stats(never)).toMatchObject({
      connectFailures: 2,
      connectionsOpen: 0,
    });
  });

  it('gives each dial its own time, whenever it began', async () => {
    await using stage = await serving([1]);
    stage.network.stopHost('task1');
    const first = await stage.open();
    await stage.clock.advance(limits.proxyDialMs - 500);
    const second = await stage.open();
    await stage.clock.advance(500);
    expect([first.isClosed, second.isClosed]).toEqual([true, false]);
    await stage.clock.advance(limits.proxyDialMs - 501);
    expect(second.isClosed).toBe(false);
    await stage.clock.advance(1);
    expect(second.isClosed).toBe(true);
  });

  it('drops a connection that is still being dialled when it stops', async () => {
    await using stage = await serving([1]);
    stage.network.stopHost('task1');
    const client = await stage.open();
    const stopping = stage.proxy.stop(0, never);
    await stage.clock.advance(0);
    await stopping;
    await stage.clock.advance(0);
    expect(client.isClosed).toBe(true);
    expect(await stage.proxy.stats(never)).toMatchObject({ connectionsOpen: 0, tasks: [] });
  });

  it('resets a client when the service has no task', async () => {
    await using stage = await serving([]);
    const client = await stage.open();
    expect(client.error).toBeDefined();
    expect(stage.network.openStreams).toBe(0);
  });

  it('sends nothing new to a removed task and leaves its open connections alone', async () => {
    await using stage = await serving([1, 2]);
    await stage.open();
    await stage.open();
    await stage.proxy.apply(2, [webSet([2])], never);
    for (let connection = 0; connection < 5; connection += 1) await stage.open();
    expect(stage.peersOf(1)).toHaveLength(1);
    const [drained] = stage.peersOf(1);
    drained?.say('goodbye');
    await stage.clock.advance(0);
    expect(await stage.openByTask()).toEqual({ task1: 1, task2: 6 });
    drained?.stream.destroy();
    await stage.clock.advance(0);
    expect(await stage.openByTask()).toEqual({ task2: 6 });
  });

  it('frees the port of a removed service at once and lets its connections end', async () => {
    await using stage = await serving([1]);
    const client = await stage.open();
    await stage.proxy.apply(2, [], never);
    await expect(stage.connectRefused()).resolves.toBe('connection refused');
    client.say('late');
    await stage.clock.advance(0);
    expect(stage.peersOf(1)[0]?.text).toBe('late');
    expect(await stage.openByTask()).toEqual({ task1: 1 });
  });

  it('names a port in use, serves the others, and binds it when it is free', async () => {
    await using stage = await serving([1]);
    const other = await stage.network
      .host('node')
      .listen({ kind: 'tcp', host: '', port: 9090 }, () => undefined);
    const changes: number[] = [];
    stage.proxy.onFailuresChanged(({ failures }) => changes.push(failures.length));
    const sets = [webSet([1]), webSet([1], 9090)];
    const { version, failures } = await stage.proxy.apply(5, sets, never);
    expect(version).toBe(5);
    expect(failures).toEqual([{ port: 9090, protocol: 'tcp', error: 'address is already in use' }]);
    await stage.open();
    await other.close();
    await stage.clock.advance(30_000);
    await stage.open(9090);
    expect(stage.peersOf(1)).toHaveLength(2);
    expect(changes).toEqual([0]);
    expect(stage.proxy.status()).toMatchObject({ version: 5, failures: [] });
  });

  it('says that udp is not carried', async () => {
    await using stage = new Stage();
    const udp = newPortConfig({ publishedPort: 53, targetPort: 53, protocol: PortProtocol.udp });
    const { failures } = await stage.proxy.apply(1, [newEndpointSet({ ports: [udp] })], never);
    expect(failures.map(({ error }) => error)).toEqual([
      'udp is not carried by the userland proxy yet',
    ]);
  });

  it('stops by closing its ports, waiting for open connections, then dropping them', async () => {
    await using stage = await serving([1]);
    const client = await stage.open();
    let isStopped = false;
    const stopping = stage.proxy.stop(5_000, never).then(() => {
      isStopped = true;
    });
    await stage.clock.advance(0);
    await expect(stage.connectRefused()).resolves.toBe('connection refused');
    await stage.clock.advance(4_999);
    expect([client.isClosed, isStopped]).toEqual([false, false]);
    await stage.clock.advance(1);
    await stopping;
    await stage.clock.advance(0);
    expect(client.isClosed).toBe(true);
  });

  it('stops as soon as the last connection has ended', async () => {
    await using stage = await serving([1]);
    const client = await stage.open();
    const stopping = stage.proxy.stop(3_600_000, never);
    await stage.clock.advance(0);
    client.stream.destroy();
    await stage.clock.advance(0);
    await stopping;
    expect(stage.clock.nowMs()).toBe(0);
  });

  it('tells when the last connection to a task has ended, over all ports, closed ones too', async () => {
    await using stage = await serving([1, 2]);
    await stage.proxy.apply(2, [webSet([1], 8080), webSet([1], 9090)], never);
    const first = await stage.open(8080);
    const last = await stage.open(9090);
    await stage.proxy.apply(3, [webSet([2], 9090)], never);
    const waits = [new Wait(stage.proxy, 'task1'), new Wait(stage.proxy, 'task1')];
    const other = new Wait(stage.proxy, 'nobody');
    await stage.clock.advance(60_000);
    expect([...waits, other].map(({ outcome }) => outcome)).toEqual([
      undefined,
      undefined,
      'drained',
    ]);
    first.stream.destroy();
    await stage.clock.advance(0);
    expect(waits[0]?.outcome).toBeUndefined();
    last.stream.destroy();
    await stage.clock.advance(0);
    expect(waits.map(({ outcome }) => outcome)).toEqual(['drained', 'drained']);
  });

  it('counts a connection that is still being dialled, and ends a wait that is given up', async () => {
    await using stage = await serving([1]);
    stage.network.stopHost('task1');
    await stage.open();
    const drained = new Wait(stage.proxy, 'task1');
    const impatient = new AbortController();
    const givenUp = new Wait(stage.proxy, 'task1', impatient.signal);
    await stage.clock.advance(limits.proxyDialMs - 1);
    impatient.abort(new Error('no patience'));
    await stage.clock.settle();
    expect([drained.outcome, givenUp.outcome]).toEqual([undefined, 'no patience']);
    await stage.clock.advance(1);
    expect(drained.outcome).toBe('drained');
  });

  it('may be disposed of twice', async () => {
    const stage = await serving([1]);
    await stage[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
    expect(stage.network.openStreams).toBe(0);
  });
});

/** Waits for the end of a task's connections. */
class Wait {
  /** `drained`, or the message with which it failed. */
  outcome: string | undefined;

  constructor(proxy: Proxy, taskId: string, signal: AbortSignal = never) {
    proxy.drained(taskId, signal).then(
      () => {
        this.outcome = 'drained';
      },
      (error: unknown) => {
        this.outcome = error instanceof Error ? error.message : String(error);
      },
    );
  }
}
