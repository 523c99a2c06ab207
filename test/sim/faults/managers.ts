import type { Random } from '../../../common/pure/random.ts';
import type { Admin } from '../admin.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';
import type { Begin, End } from './fault.ts';

type ManagerFault =
  | 'managerPause'
  | 'mainStall'
  | 'gracefulStop'
  | 'logLost'
  | 'partition'
  | 'partitionOneWay'
  | 'peerCut'
  | 'peerNoise'
  | 'demote'
  | 'promote';

/** What goes wrong with managers and between them, and what people do to them. */
export function managerFaults(world: World, admin: Admin): Readonly<Record<ManagerFault, Begin>> {
  return {
    managerPause: pause,
    mainStall: stall,
    gracefulStop: (node) => stopGracefully(world, node),
    logLost: (node) => loseLog(world, node),
    partition: (_, random) => part(world, random, true),
    partitionOneWay: (_, random) => part(world, random, false),
    peerCut: (node, random) => cutPair(world, node, random),
    peerNoise: () => disturb(world),
    demote: (node) => demote(world, admin, node),
    promote: (node) => promote(world, admin, node),
  };
}

function pause({ daemon }: SimNode): End | undefined {
  if (daemon === undefined || daemon.life.isPaused) return undefined;
  daemon.pause();
  return () => {
    daemon.resume();
  };
}

/** The main thread does nothing, the thread of consensus goes on. */
function stall({ daemon }: SimNode): End | undefined {
  if (daemon?.consensus === undefined || daemon.life.isPaused) return undefined;
  daemon.life.pause();
  return () => {
    daemon.life.resume();
  };
}

function stopGracefully(world: World, node: SimNode): End | undefined {
  const { daemon } = node;
  if (daemon === undefined || daemon.life.isPaused) return undefined;
  if (daemon.consensus?.leadership.self === true) world.seen.add('leader stopped gracefully');
  world.spawn('graceful stop', () => world.stop(node));
  return () => {
    if (node.daemon === daemon) world.kill(node);
    world.ensureUp(node);
  };
}

/** Where the others are whole and hold everything: whoever loses a majority of the logs has lost the cluster. */
function loseLog(world: World, node: SimNode): End | undefined {
  if (node.daemon === undefined || !canSpare(world, node)) return undefined;
  world.kill(node);
  const { disk } = node;
  const erased = (async (): Promise<void> => {
    await disk.removeTree('/raft');
    await disk.syncDirectory('/');
  })();
  world.seen.add('log lost');
  return () => {
    world.spawn('boot without a log', async () => {
      await erased;
      world.ensureUp(node);
    });
  };
}

/** True when all managers but `node` serve and vote, and nobody else is a member. */
function canSpare(world: World, node: SimNode): boolean {
  const managers = world.nodes.filter((one) => world.isManager(one));
  const others = managers.filter((one) => one !== node);
  const ids = managers.flatMap(({ daemon }) => daemon?.identity?.raftId ?? []);
  const confState = world.leader?.daemon?.consensus?.confState;
  if (others.length < 2 || confState === undefined || ids.length < managers.length) return false;
  const { voters, learners, votersOutgoing } = confState;
  const isPlain = learners.length === 0 && votersOutgoing.length === 0;
  if (!isPlain || voters.length !== ids.length || !voters.every((id) => ids.includes(id)))
    return false;
  return others.every(
    ({ daemon }) =>
      daemon?.isServing === true &&
      !daemon.life.isPaused &&
      daemon.consensus?.confState.voters.length === ids.length,
  );
}

/** Two groups of machines, with a manager in each. */
function part(world: World, random: Random, isBothWays: boolean): End | undefined {
  const managers = world.nodes.filter((node) => world.isManager(node));
  if (managers.length < 2) return undefined;
  const sides = world.nodes.map(() => random.below(2) === 0);
  const here = world.nodes.filter((_, at) => sides[at] === true);
  const there = world.nodes.filter((_, at) => sides[at] !== true);
  const isParted = [here, there].every((side) => side.some((node) => managers.includes(node)));
  if (!isParted) return undefined;
  const ends = [world.ways.block(here, there)];
  if (isBothWays) ends.push(world.ways.block(there, here));
  return () => {
    for (const end of ends) end();
  };
}

/** Two managers do not hear each other, or only one the other; both reach everybody else. */
function cutPair(world: World, node: SimNode, random: Random): End | undefined {
  const others = world.nodes.filter((one) => one !== node && world.isManager(one));
  const other = others[random.below(Math.max(1, others.length))];
  if (other === undefined) return undefined;
  const ends = [world.ways.block([node], [other])];
  if (random.below(2) === 0) ends.push(world.ways.block([other], [node]));
  return () => {
    for (const end of ends) end();
  };
}

function disturb(world: World): End {
  const { peers } = world;
  const before = peers.noise;
  peers.noise = { lost: 0.3, twice: 0.2, overtaken: 0.3 };
  return () => {
    peers.noise = before;
  };
}

function demote(world: World, admin: Admin, node: SimNode): End | undefined {
  const managers = world.nodes.filter((one) => world.isManager(one));
  if (managers.length < 3) return undefined;
  world.spawn('demote', async () => {
    if (await admin.change(node, { Role: 'worker' })) world.seen.add('manager demoted');
  });
  return () => {
    world.spawn('promote again', () => admin.insist(node, { Role: 'manager' }));
  };
}

function promote(world: World, admin: Admin, node: SimNode): End | undefined {
  if (world.isManager(node) || world.options.managers === 1) return undefined;
  world.spawn('promote', async () => {
    if (await admin.change(node, { Role: 'manager' })) world.seen.add('worker promoted');
  });
  return () => {
    world.spawn('demote again', () => admin.insist(node, { Role: 'worker' }));
  };
}
