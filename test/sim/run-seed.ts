import { checkStop } from './checks/drain-rule.ts';
import { NodeWatch } from './checks/node-watch.ts';
import { StoreHistory } from './checks/store-history.ts';
import { StopWatch } from './checks/stop-watch.ts';
import { sweepStore } from './checks/sweep.ts';
import { drawOptions, type SimOptions } from './options.ts';
import type { PlantedParts } from './planted-parts.ts';
import { drawPlan, keepOnly, type Plan } from './plan.ts';
import { convergenceMsDefault, Scenario } from './scenario.ts';
import { armTripwires } from './tripwires.ts';
import { World, type Violation } from './world.ts';

/** Steps after which the whole store is looked at, and the event loop gets a turn. */
const sweepSteps = 1000;
/** A run that is longer does not come to an end. */
const stepsMax = 3_000_000;
/** Steps without any time going by after which something goes in a circle. */
const stillStepsMax = 50_000;

export interface RunRequest {
  readonly seed: number;
  /** Instead of what the seed draws. */
  readonly options?: SimOptions;
  /** Only these items of the plan happen; absent = all. */
  readonly keep?: ReadonlySet<string>;
  readonly planted?: PlantedParts;
  /** How long a healed world may take to converge, virtual milliseconds. */
  readonly convergenceMs?: number;
  readonly traceSink?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly options: SimOptions;
  readonly violation: Violation | undefined;
  readonly steps: number;
  readonly virtualMs: number;
  /** Of the whole trace: two runs of one seed have the same. */
  readonly digest: string;
  readonly tail: readonly string[];
  /** Rare things that happened, by name. */
  readonly seen: ReadonlySet<string>;
  /** How often operations and faults were done, by name. */
  readonly counts: ReadonlyMap<string, number>;
  /** What was done, or was to be. */
  readonly plan: Plan;
}

/** Runs the world of one seed to its end, or to the first thing that must not be. */
export async function runSeed(request: RunRequest): Promise<RunResult> {
  const options = request.options ?? drawOptions(request.seed);
  const whole = drawPlan({ ...drawOptions(request.seed), faults: options.faults });
  const plan = request.keep === undefined ? whole : keepOnly(whole, request.keep);
  const world = newWorld(request, options);
  const scenario = new Scenario(world, plan, request.convergenceMs ?? convergenceMsDefault);
  scenarios.set(world, scenario);
  const onRejection = (reason: unknown): void => {
    world.fail(
      'crash',
      `nobody handles ${reason instanceof Error ? reason.stack : String(reason)}`,
    );
  };
  process.on('unhandledRejection', onRejection);
  let steps = 0;
  let movedAt = { steps: 0, nowMs: 0 };
  try {
    world.spawn('scenario', () => scenario.run());
    while (isGoing(world, scenario, steps)) {
      steps += await stretch(world, scenario);
      const nowMs = world.clock.nowMs();
      if (nowMs > movedAt.nowMs) movedAt = { steps, nowMs };
      else if (steps - movedAt.steps > stillStepsMax) {
        world.fail('livelock', `no time goes by for ${stillStepsMax} steps`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  return {
    seed: request.seed,
    options,
    violation: world.violation,
    steps,
    virtualMs: world.clock.nowMs(),
    digest: world.trace.digest(),
    tail: world.trace.tail,
    counts: world.counts,
    plan,
    seen: new Set([...world.seen, ...[...world.trace.messages].map((text) => `log: ${text}`)]),
  };
}

function newWorld(request: RunRequest, options: SimOptions): World {
  const world: World = new World({
    options,
    traceSink: request.traceSink,
    planted: request.planted,
    managerCreated: (node, manager) => {
      histories.get(world)?.follow(node.name, manager);
    },
    callAsked: (node, call, container) => {
      if (call === 'stop' || call === 'remove') stops.asked(node, call, container);
      if (call !== 'stop') return;
      const calmMs = scenarios.get(world)?.nemesis.calmMs ?? 0;
      checkStop(world, node, container, calmMs);
    },
  });
  const watch = new NodeWatch(world);
  const stops = new StopWatch(world);
  const isAlone = options.managers === 1;
  world.spawn('node watch', () => watch.run());
  histories.set(
    world,
    new StoreHistory({
      trace: world.trace,
      seen: (name) => world.seen.add(name),
      complain: (invariant, detail) => {
        world.fail(invariant, detail);
      },
      isTimeTrue: !options.faults.includes('clockJump') && (isAlone || options.skewMs === 0),
      isAlone,
      noted: (event) => {
        watch.note(event);
        stops.note(event);
      },
    }),
  );
  return world;
}

const scenarios = new WeakMap<World, Scenario>();
const histories = new WeakMap<World, StoreHistory>();

function isGoing(world: World, scenario: Scenario, steps: number): boolean {
  if (world.violation !== undefined || scenario.isOver) return false;
  if (steps < stepsMax) return true;
  world.fail('liveness', `no end after ${steps} steps`);
  return false;
}

/** Many steps in one go, during which nothing but simulated code runs. */
async function stretch(world: World, scenario: Scenario): Promise<number> {
  const disarm = armTripwires((name) => {
    world.fail('determinism', `simulated code used ${name}`);
  });
  try {
    let steps = 0;
    while (steps < sweepSteps && world.violation === undefined && !scenario.isOver) {
      steps += 1;
      if (!(await world.clock.step())) {
        world.fail('liveness', 'nothing waits for anything any more');
      }
    }
    sweep(world);
    return steps;
  } finally {
    disarm();
  }
}

function sweep(world: World): void {
  for (const { name, daemon } of world.serving) {
    const view = daemon?.manager?.view;
    if (view === undefined) continue;
    histories.get(world)?.checkServing(name, view);
    sweepStore(view, (invariant, detail) => {
      world.fail(invariant, detail);
    });
  }
}
