import type { Random } from '../../../common/pure/random.ts';
import { noEnd, type Begin, type End } from './fault.ts';
import { oneOf } from '../options.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';

const hourMs = 3_600_000;
/** From the end of a daemon to that of a container which it does not see. */
const whileAwayMs = 100;

type MachineFault =
  | 'daemonKill'
  | 'managerKill'
  | 'powerCut'
  | 'managerPowerCut'
  | 'cut'
  | 'cutOneWay'
  | 'pause'
  | 'proxyKill'
  | 'clockJump'
  | 'killAtCall'
  | 'exitWhileAway';

/** What goes wrong with processes, machines, clocks and the ways between them. */
export function machineFaults(world: World): Readonly<Record<MachineFault, Begin>> {
  return {
    daemonKill: (node) => (world.isManager(node) ? undefined : kill(world, node)),
    managerKill: (node) => kill(world, node),
    powerCut: (node) => (world.isManager(node) ? undefined : cutPower(world, node)),
    managerPowerCut: (node) => cutPower(world, node),
    cut: (node) => cut(world, node, 'both'),
    cutOneWay: (node, random) => cut(world, node, random.below(2) === 0 ? 'up' : 'down'),
    pause,
    proxyKill: (node) => {
      if (node.proxy.proxy === undefined) return undefined;
      world.spawn('proxy kill', () => node.proxy.kill());
      return noEnd;
    },
    clockJump: (node, random) => {
      node.skewMs += (random.unit() * 2 - 1) * hourMs;
      return noEnd;
    },
    killAtCall: (node, random) => killAtCall(world, node, random),
    exitWhileAway: (node, random) => exitWhileAway(world, node, random),
  };
}

function kill(world: World, node: SimNode): End | undefined {
  if (node.daemon === undefined) return undefined;
  if (world.isManager(node)) noteUpdates(world);
  world.kill(node);
  return () => {
    world.ensureUp(node);
  };
}

/** Whether the manager ends while a service is being updated. */
function noteUpdates(world: World): void {
  const services = world.manager?.view.services() ?? [];
  const isUpdating = services.some(({ lifecycle }) => lifecycle?.message.includes('in progress'));
  if (isUpdating) world.seen.add('manager ended during an update');
}

function cutPower(world: World, node: SimNode): End | undefined {
  if (!node.isOn) return undefined;
  if (world.isManager(node)) noteUpdates(world);
  world.losePower(node);
  return () => {
    if (!node.isOn) world.spawn('power', () => world.restorePower(node));
  };
}

function cut(world: World, node: SimNode, direction: 'up' | 'down' | 'both'): End {
  node.link.cut(direction);
  return () => {
    node.link.heal();
    world.ways.freed();
  };
}

function pause(node: SimNode): End | undefined {
  const { daemon } = node;
  if (daemon === undefined || daemon.life.isPaused) return undefined;
  daemon.pause();
  return () => {
    daemon.resume();
  };
}

/** The daemon ends when the engine has done something, before it hears of it. */
function killAtCall(world: World, node: SimNode, random: Random): End | undefined {
  if (node.daemon === undefined) return undefined;
  const call = oneOf(random, ['create', 'create', 'start', 'start', 'stop', 'remove']);
  node.killAt = { call, left: 1 + random.below(3) };
  return () => {
    node.killAt = undefined;
    world.ensureUp(node);
  };
}

function exitWhileAway(world: World, node: SimNode, random: Random): End | undefined {
  const running = node.engine.containers().filter(({ status }) => status === 'running');
  if (node.daemon === undefined || running.length === 0) return undefined;
  world.kill(node);
  const { id } = oneOf(random, running);
  world.spawn('exit', async () => {
    await world.sleep(whileAwayMs);
    const container = node.engine.containers().find((one) => one.id === id);
    if (node.daemon !== undefined || container?.status !== 'running') return;
    node.engine.exitContainer(id, random.below(3));
    world.seen.add('container ended while its daemon was away');
  });
  return () => {
    world.ensureUp(node);
  };
}
