// The same contract for the sockets of this machine and for the virtual network, so that the simulator does not lie.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NodeNet } from '../../common/platform/net.ts';
import type { Address, ByteStream, ConnectOutcome, Net } from '../../common/ports/net.ts';
import { HandleNet } from '../../worker/proxy/process/handle-net.ts';
import { tcpHandles } from '../../worker/proxy/process/tcp-handles.ts';
import { MemoryNetwork } from '../lib/memory-net.ts';
import { StreamPeer } from '../lib/stream-peer.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';

const never = new AbortController().signal;

interface World extends AsyncDisposable {
  readonly net: Net;
  readonly address: Address;
  /** Lets things happen until `condition` holds. */
  until(condition: () => boolean): Promise<void>;
}

async function realWorld(kind: Address['kind'], net: Net = new NodeNet()): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-net-'));
  const address: Address =
    kind === 'unix'
      ? { kind, path: join(directory, 'socket') }
      : { kind, host: '127.0.0.1', port: 0 };
  return {
    net,
    address,
    until: async (condition) => {
      for (let attempt = 0; !condition(); attempt += 1) {
        if (attempt > 1_000) throw new Error('it never came to pass');
        await sleep(2);
      }
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

function virtualWorld(kind: Address['kind']): World {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, latencyMs: () => 3 });
  return {
    net: network.host('node', ['127.0.0.1']),
    address: kind === 'unix' ? { kind, path: '/socket' } : { kind, host: '127.0.0.1', port: 0 },
    until: (condition) => clock.advanceUntil(condition, 10_000),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const worlds: readonly (readonly [string, () => Promise<World>])[] = [
  ['tcp sockets', () => realWorld('tcp')],
  ['unix sockets', () => realWorld('unix')],
  ['tcp handles', () => realWorld('tcp', handleNet())],
  ['virtual tcp', () => Promise.resolve(virtualWorld('tcp'))],
  ['virtual unix sockets', () => Promise.resolve(virtualWorld('unix'))],
];

function handleNet(): Net {
  const handles = tcpHandles();
  if (handles === undefined) throw new Error('this version of Node has no handles that are known');
  return new HandleNet(handles, new NodeNet());
}

/** Two ends of one connection. */
async function connect(world: World): Promise<readonly [StreamPeer, StreamPeer]> {
  const accepted: ByteStream[] = [];
  const listener = await world.net.listen(world.address, (stream) => accepted.push(stream));
  const dialled = await settled(world, world.net.dial(listener.address, never));
  await world.until(() => accepted.length === 1);
  await listener.close();
  const [far] = accepted;
  if (far === undefined) throw new Error('nothing was accepted');
  return [new StreamPeer(dialled), new StreamPeer(far)];
}

async function settled<T>(world: World, work: Promise<T>): Promise<T> {
  let isDone = false;
  const watched = work.finally(() => {
    isDone = true;
  });
  watched.catch(() => undefined);
  await world.until(() => isDone);
  return await watched;
}

describe.each(worlds)('Net over %s', (_name, newWorld) => {
  it('carries bytes both ways, and each end apart', async () => {
    await using world = await newWorld();
    const [near, far] = await connect(world);
    near.say('ping');
    near.stream.end();
    await world.until(() => far.hasEnded);
    expect(far.text).toBe('ping');
    expect(far.isClosed).toBe(false);
    far.say('pong');
    far.stream.end();
    await world.until(() => near.isClosed && far.isClosed);
    expect(near.text).toBe('pong');
    expect(near.error ?? far.error).toBeUndefined();
  });

  it('keeps what arrives before start', async () => {
    await using world = await newWorld();
    const accepted: ByteStream[] = [];
    await using listener = await world.net.listen(world.address, (stream) => accepted.push(stream));
    const near = new StreamPeer(await settled(world, world.net.dial(listener.address, never)));
    near.say('early');
    near.stream.end();
    await world.until(() => accepted.length === 1);
    const [stream] = accepted;
    const far = stream === undefined ? undefined : new StreamPeer(stream);
    await world.until(() => far?.hasEnded === true);
    expect(far?.text).toBe('early');
    far?.stream.destroy();
  });

  it('holds a writer back while the reader pauses, and says when to go on', async () => {
    await using world = await newWorld();
    const [near, far] = await connect(world);
    far.stream.pause();
    const chunk = 'x'.repeat(65_536);
    let sentBytes = 0;
    for (let isFree = true; isFree && sentBytes < 50_000_000; sentBytes += chunk.length) {
      isFree = near.say(chunk);
    }
    expect(sentBytes).toBeLessThan(50_000_000);
    far.stream.resume();
    await world.until(() => near.drains > 0 && far.receivedBytes === sentBytes);
    near.stream.destroy();
    far.stream.destroy();
    await world.until(() => near.isClosed && far.isClosed);
  });

  it('ends both sides when one is destroyed, the destroyed one without an error', async () => {
    await using world = await newWorld();
    const [near, far] = await connect(world);
    near.stream.destroy();
    near.stream.destroy();
    await world.until(() => near.isClosed && (far.isClosed || far.hasEnded));
    expect(near.error).toBeUndefined();
    far.stream.destroy();
    await world.until(() => far.isClosed);
  });

  it('tells a stream that is started after its end that it is closed', async () => {
    await using world = await newWorld();
    await using listener = await world.net.listen(world.address, () => undefined);
    const stream = await settled(world, world.net.dial(listener.address, never));
    stream.destroy();
    await sleep(5);
    const late = new StreamPeer(stream);
    expect(late.isClosed).toBe(false);
    await world.until(() => late.isClosed);
  });

  it('refuses a dial that nobody listens for, and a second listener', async () => {
    await using world = await newWorld();
    const listener = await world.net.listen(world.address, () => undefined);
    await expect(
      settled(
        world,
        world.net.listen(listener.address, () => undefined),
      ),
    ).rejects.toMatchObject({ code: 'unavailable' });
    await listener.close();
    await listener.close();
    await expect(settled(world, world.net.dial(listener.address, never))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('frees the address at once when it closes, and leaves accepted streams alone', async () => {
    await using world = await newWorld();
    const accepted: ByteStream[] = [];
    const first = await world.net.listen(world.address, (stream) => accepted.push(stream));
    const near = new StreamPeer(await settled(world, world.net.dial(first.address, never)));
    await world.until(() => accepted.length === 1);
    await first.close();
    await using second = await world.net.listen(first.address, () => undefined);
    expect(second.address).toEqual(first.address);
    const [stream] = accepted;
    if (stream !== undefined) new StreamPeer(stream).say('still here');
    await world.until(() => near.text === 'still here');
    near.stream.destroy();
  });

  it('rejects a dial with the reason of its signal', async () => {
    await using world = await newWorld();
    await using listener = await world.net.listen(world.address, () => undefined);
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(world.net.dial(listener.address, signal)).rejects.toThrow('no more');
  });

  it('tells the outcome of a connect once, after it has returned', async () => {
    await using world = await newWorld();
    const listener = await world.net.listen(world.address, () => undefined);
    const told: string[] = [];
    const outcome: ConnectOutcome = {
      connected: (stream) => {
        told.push('connected');
        stream.destroy();
      },
      failed: () => told.push('failed'),
    };
    const connecting = world.net.connect(listener.address, outcome);
    expect(told).toEqual([]);
    await world.until(() => told.length > 0);
    connecting.cancel();
    await listener.close();
    world.net.connect(listener.address, outcome);
    await world.until(() => told.length > 1);
    expect(told).toEqual(['connected', 'failed']);
  });

  it('does not tell the outcome of a connect that was given up', async () => {
    await using world = await newWorld();
    await using listener = await world.net.listen(world.address, () => undefined);
    const told: string[] = [];
    const outcome: ConnectOutcome = {
      connected: () => told.push('connected'),
      failed: () => told.push('failed'),
    };
    const connecting = world.net.connect(listener.address, outcome);
    connecting.cancel();
    connecting.cancel();
    const other = await settled(world, world.net.dial(listener.address, never));
    other.destroy();
    expect(told).toEqual([]);
  });
});

it('knows the handles of no version of Node that it was not tested with', () => {
  expect(tcpHandles('26.0.0')).toBeUndefined();
  expect(tcpHandles()).toBeDefined();
});
