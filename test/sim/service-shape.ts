import type { Random } from '../../common/pure/random.ts';
import { badImages, goodImages } from './images.ts';
import { oneOf } from './options.ts';

/** How a service rolls out or back; as the Docker API names it. */
export interface Rollout {
  readonly parallelism: number;
  readonly delayMs: number;
  readonly monitorMs: number;
  readonly action: 'pause' | 'continue' | 'rollback';
  readonly ratio: number;
  readonly order: 'stop-first' | 'start-first';
}

export interface RestartRule {
  readonly condition: 'none' | 'on-failure' | 'any';
  readonly delayMs: number;
  /** 0 = as many as it takes. */
  readonly attempts: number;
  /** 0 = for ever. */
  readonly windowMs: number;
}

/** What a simulated user asks for. Two that are equal as JSON are the same service. */
export interface ServiceShape {
  readonly mode: 'replicated' | 'global';
  /** 0 for a global one. */
  readonly replicas: number;
  readonly image: string;
  /** Another number makes other containers. */
  readonly generation: number;
  /** Port under which it is published; 0 when it is not. */
  readonly port: number;
  readonly isPlaceable: boolean;
  /** Memory that each task reserves, GiB. */
  readonly reservedGib: number;
  readonly restart: RestartRule;
  readonly update: Rollout;
  readonly rollback: Rollout;
}

const firstPort = 8000;
const ports = 6;
/** Between two tasks that cannot last, at the least. */
const failingDelayMs = 1000;

export function drawShape(random: Random, replicasMax: number): ServiceShape {
  const isGlobal = random.below(4) === 0;
  return unhurried({
    mode: isGlobal ? 'global' : 'replicated',
    replicas: isGlobal ? 0 : random.below(replicasMax + 1),
    image: drawImage(random),
    generation: 0,
    port: drawPort(random),
    isPlaceable: random.below(10) > 0,
    reservedGib: oneOf(random, [0, 0, 0, 1, 3]),
    restart: drawRestart(random),
    update: drawRollout(random, ['pause', 'continue', 'rollback']),
    rollback: drawRollout(random, ['pause', 'continue']),
  });
}

/** What fails again and again takes its time: a world of restarts without a pause takes hours for one minute. */
function unhurried(shape: ServiceShape): ServiceShape {
  if (!badImages.includes(shape.image)) return shape;
  const delayMs = Math.max(failingDelayMs, shape.restart.delayMs);
  return { ...shape, restart: { ...shape.restart, delayMs } };
}

/** A change as users make them: another version of the program mostly, at times settings with it or alone. */
export function drawChange(
  random: Random,
  before: ServiceShape,
  replicasMax: number,
): Partial<ServiceShape> {
  const generation = before.generation + 1;
  const kinds: readonly (() => Partial<ServiceShape>)[] = [
    () => ({ generation }),
    () => ({ image: drawImage(random), generation }),
    () => ({ image: oneOf(random, badImages), generation }),
    () => ({ image: oneOf(random, badImages), update: drawRollout(random, ['rollback']) }),
    () => ({ generation, update: drawRollout(random, ['pause', 'continue', 'rollback']) }),
    () => ({ update: drawRollout(random, ['pause', 'continue', 'rollback']) }),
    () => ({ rollback: drawRollout(random, ['pause', 'continue']) }),
    () => ({ restart: drawRestart(random) }),
    () => ({ port: drawPort(random) }),
    () => ({ reservedGib: oneOf(random, [0, 1, 3]), generation }),
    () => ({ generation, ...scaled(random, before, replicasMax) }),
  ];
  const change = oneOf(random, kinds)();
  const { restart } = unhurried({ ...before, ...change });
  return restart === before.restart ? change : { ...change, restart };
}

export function scaled(
  random: Random,
  before: ServiceShape,
  replicasMax: number,
): Partial<ServiceShape> {
  return before.mode === 'global' ? {} : { replicas: random.below(replicasMax + 1) };
}

function drawImage(random: Random): string {
  return oneOf(random, random.below(6) === 0 ? badImages : goodImages);
}

function drawPort(random: Random): number {
  return random.below(3) === 0 ? 0 : firstPort + random.below(ports);
}

function drawRestart(random: Random): RestartRule {
  return {
    condition: oneOf(random, ['any', 'any', 'any', 'on-failure', 'none']),
    delayMs: oneOf(random, [0, 500, 2000, 5000]),
    attempts: oneOf(random, [0, 0, 0, 1, 3]),
    windowMs: oneOf(random, [0, 0, 10_000]),
  };
}

function drawRollout(random: Random, actions: readonly Rollout['action'][]): Rollout {
  return {
    parallelism: oneOf(random, [0, 1, 1, 2, 3]),
    delayMs: oneOf(random, [0, 0, 500, 3000]),
    monitorMs: oneOf(random, [500, 2000, 5000]),
    action: oneOf(random, actions),
    ratio: oneOf(random, [0, 0, 0.3, 1]),
    order: oneOf(random, ['stop-first', 'start-first']),
  };
}
