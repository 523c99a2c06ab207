import { seededRandom, type Random } from '../../common/pure/random.ts';

/** What may go wrong in a world. */
export const faultKinds = [
  'daemonKill',
  'managerKill',
  'powerCut',
  'managerPowerCut',
  'cut',
  'cutOneWay',
  'pause',
  'containerExit',
  'engineRestart',
  'engineLiveRestart',
  'engineHang',
  'eventGap',
  'proxyKill',
  'clockJump',
  'diskFailure',
  'drain',
  'slowDisk',
  'fullDisk',
  'diskCrash',
  'diskPowerCut',
  'engineSlow',
  'registryDown',
  'imageDropped',
  'containerRemoved',
  'unhealthy',
  'killAtCall',
  'exitWhileAway',
  'intruder',
  'managerPause',
  'mainStall',
  'gracefulStop',
  'logLost',
  'partition',
  'partitionOneWay',
  'peerCut',
  'peerNoise',
  'demote',
  'promote',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Everything that a seed decides before the world begins. Times are virtual milliseconds; probabilities are in [0, 1). */
export interface SimOptions {
  readonly seed: number;
  /** Nodes that are managers at first: an odd number. */
  readonly managers: number;
  /** Nodes besides them. */
  readonly workers: number;
  readonly clients: number;
  /** How long faults and traffic last. */
  readonly chaosMs: number;
  readonly faults: readonly FaultKind[];
  readonly faultEveryMs: number;
  /** How long a fault that ends by itself lasts, on average. */
  readonly faultMs: number;
  readonly linkMs: number;
  /** A message breaks its connection. */
  readonly linkBreaks: number;
  /** Mean delay of a message between the consensus of two managers. */
  readonly peerMs: number;
  /** Such a message is lost, comes twice, is overtaken by later ones. */
  readonly peerLost: number;
  readonly peerTwice: number;
  readonly peerOvertaken: number;
  readonly refusedCalls: number;
  readonly lostAnswers: number;
  readonly engineCallMs: number;
  readonly engineEventMs: number;
  readonly diskMs: number;
  readonly replicasMax: number;
  readonly heartbeatMs: number;
  /** What the wall clocks of two nodes differ by at most, from the beginning. */
  readonly skewMs: number;
  readonly historyLimit: number;
  readonly snapshotEntries: number;
  /** Entries that stay in the log after a snapshot. */
  readonly trailingEntries: number;
  readonly segmentBytes: number;
  /** Rows of the budget of every decision. */
  readonly budgetRows: number;
  readonly thinkMs: number;
}

/** Draws a world from `seed`: each kind of fault is in or out as a whole, so that runs differ in kind and not only in order. */
export function drawOptions(seed: number): SimOptions {
  const random = seededRandom(seed).fork('options');
  const isCalm = random.below(10) === 0;
  return {
    seed,
    workers: oneOf(random, [0, 0, 1, 2, 3, 5]),
    clients: 1 + random.below(3),
    chaosMs: oneOf(random, [10_000, 20_000, 40_000, 80_000]),
    faults: isCalm ? [] : faultKinds.filter(() => random.below(3) === 0),
    faultEveryMs: 1000 + random.below(10_000),
    faultMs: 500 + random.below(15_000),
    linkMs: oneOf(random, [0.2, 1, 5, 30, 100]),
    linkBreaks: isCalm ? 0 : oneOf(random, [0, 0, 0.002, 0.02]),
    refusedCalls: isCalm ? 0 : oneOf(random, [0, 0, 0.01, 0.1]),
    lostAnswers: isCalm ? 0 : oneOf(random, [0, 0, 0.01, 0.1]),
    engineCallMs: oneOf(random, [1, 10, 100, 1000]),
    engineEventMs: oneOf(random, [0, 10, 500]),
    diskMs: oneOf(random, [0, 0.5, 5, 50]),
    replicasMax: oneOf(random, [2, 4, 8]),
    heartbeatMs: oneOf(random, [1000, 5000]),
    historyLimit: oneOf(random, [0, 1, 5]),
    snapshotEntries: oneOf(random, [30, 200, 10_000]),
    segmentBytes: oneOf(random, [131_072, 16_777_216]),
    budgetRows: oneOf(random, [1, 8, 64, 4096]),
    thinkMs: oneOf(random, [1000, 3000, 8000]),
    managers: oneOf(random, [1, 3, 3, 3, 3, 3, 3, 5, 5, 7]),
    trailingEntries: oneOf(random, [5, 50, 5000]),
    peerMs: oneOf(random, [0.2, 1, 5, 20]),
    peerLost: isCalm ? 0 : oneOf(random, [0, 0, 0.01, 0.1]),
    peerTwice: isCalm ? 0 : oneOf(random, [0, 0, 0.05]),
    peerOvertaken: isCalm ? 0 : oneOf(random, [0, 0, 0.02, 0.2]),
    skewMs: oneOf(random, [0, 0, 4000]),
  };
}

/** A world without any fault, for what must hold at the least. */
export function calmOptions(seed: number): SimOptions {
  const noise = { linkBreaks: 0, peerLost: 0, peerTwice: 0, peerOvertaken: 0 };
  return { ...drawOptions(seed), ...noise, faults: [], refusedCalls: 0, lostAnswers: 0 };
}

export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error('nothing to draw from');
  return item;
}
