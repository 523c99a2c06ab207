// Shows that rolling updates keep what they promise through random histories of failures, lost nodes, new specs and rollbacks, with
// deciders that know nothing but the store: a naive model counts workers and failures beside them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator } from '../../../../manager/allocator/allocator.ts';
import { ReaperDecider } from '../../../../manager/orchestrator/reaper/reaper.ts';
import { ReplicatedDecider } from '../../../../manager/orchestrator/replicated/replicated.ts';
import { RestartDecider } from '../../../../manager/orchestrator/restart/restart.ts';
import { UpdateDecider } from '../../../../manager/orchestrator/update/update.ts';
import { Scheduler } from '../../../../manager/scheduler/scheduler.ts';
import { RowBudget } from '../../../../manager/loop/row-budget.ts';
import { readWhole, type Decision } from '../../../../manager/store/decider.ts';
import { createOp } from '../../../../manager/store/ops.ts';
import type { TaskRow } from '../../../../manager/store/rows.ts';
import { isLive, isPlaced, isTerminal } from '../../../../manager/store/task-state.ts';
import {
  newCluster,
  newClusterLifecycle,
  NodeState,
  TaskState,
  UpdateState,
} from '../../../../proto/gen/objects.ts';
import { newClusterSpec } from '../../../../proto/gen/specs.ts';
import type { ServiceSpec } from '../../../../proto/gen/specs.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';

const shape = fc.record({
  replicas: fc.integer({ min: 1, max: 5 }),
  parallel: fc.nat({ max: 3 }),
  pauseMs: fc.constantFrom(0, 2000),
  monitorMs: fc.constantFrom(1000, 5000),
  action: fc.constantFrom('pause', 'continue', 'rollback'),
  ratio: fc.constantFrom(0, 0.4, 1),
  order: fc.constantFrom('stop-first', 'start-first'),
  history: fc.integer({ min: 1, max: 5 }),
});
type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never;

const step = fc.oneof(
  { weight: 48, arbitrary: fc.record({ kind: fc.constant('work' as const), task: fc.nat() }) },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant('fail' as const), task: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), task: fc.nat() }) },
  { weight: 36, arbitrary: fc.record({ kind: fc.constant('update' as const) }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('decide' as const), at: fc.nat() }) },
  { weight: 36, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('spec' as const), image: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('back' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scale' as const), to: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('node' as const), isUp: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const updater = new UpdateDecider();
const others = [
  new ReplicatedDecider(),
  new RestartDecider(),
  new ReaperDecider(),
  new Allocator(),
  new Scheduler(),
];

/** A slot that the update took, as the naive model remembers it. */
interface Worker {
  settledMs: number | undefined;
}

class History {
  readonly rig = new DeciderRig();
  readonly #shape: Shape;
  readonly #following = new UpdateDecider();
  readonly #watcher = this.rig.fixture.store.watch(undefined, () => undefined);
  #image = 0;
  #replicas: number;
  /** Workers and failed slots of the update that runs, and the version of the spec that it is of. */
  #version = 0;
  #workers = new Map<number, Worker>();
  #failed = new Set<number>();
  readonly #startedMs = new Map<string, number>();

  constructor(options: Shape) {
    this.#shape = options;
    this.#replicas = options.replicas;
    const value = newCluster({
      id: 'cluster',
      spec: newClusterSpec({ taskHistoryRetentionLimit: options.history }),
      lifecycle: newClusterLifecycle({ level: 1 }),
    });
    this.rig.fixture.change({ ops: [createOp({ kind: 'cluster', value })] });
    for (const id of ['n1', 'n2']) this.rig.node(id);
    this.rig.service('web', this.#spec());
    this.rig.converge(others);
    for (const task of this.#tasks()) this.rig.report(task, TaskState.running);
    readWhole(this.#following.follower, this.rig.view);
  }

  get service(): NonNullable<ReturnType<DeciderRig['view']['service']>> {
    const service = this.rig.view.service('web' as never);
    if (service === undefined) throw new Error('the service is gone');
    return service;
  }

  #spec(): Partial<ServiceSpec> {
    const { parallel, pauseMs, monitorMs, action, ratio, order } = this.#shape;
    return parseServiceSpec(
      new Map([
        ['replicas', String(this.#replicas)],
        ['image', `web:${this.#image}`],
        ['delay', '1s'],
        ['parallel', String(parallel)],
        ['pause', `${pauseMs}ms`],
        ['monitor', `${monitorMs}ms`],
        ['onfailure', action],
        ['ratio', String(ratio)],
        ['order', order],
      ]),
    );
  }

  #tasks(): readonly TaskRow[] {
    return this.rig.tasks('web');
  }

  perform(happening: Step): void {
    switch (happening.kind) {
      case 'work':
      case 'fail':
      case 'end':
        return this.#report(happening);
      case 'decide':
        return this.#decide(happening.at);
      case 'settle':
        return this.rig.converge(others);
      case 'update':
        return this.update();
      case 'wait':
        return this.rig.advance(happening.ms);
      case 'spec':
        this.#image = happening.image;
        return this.#respec();
      case 'scale':
        this.#replicas = happening.to;
        return this.#respec();
      case 'back':
        if (this.service.previous !== undefined) this.rig.update('web', 'rollback');
        return undefined;
      case 'node':
        return this.rig.nodeState('n2', happening.isUp ? NodeState.nodeReady : NodeState.nodeDown);
    }
  }

  #respec(): void {
    this.rig.update('web', this.#spec());
  }

  #decide(at: number): void {
    const decider = others[at % others.length];
    if (decider === undefined) return;
    for (const key of decider.allKeys(this.rig.view)) this.rig.settle(decider, key);
  }

  #report({ kind, task: at }: Extract<Step, { readonly task: number }>): void {
    const placed = this.#tasks().filter((task) => isPlaced(task) && !isTerminal(task));
    const task = placed[at % Math.max(1, placed.length)];
    if (task === undefined) return;
    if (kind === 'work') this.obey(task);
    else this.#tell(task, kind === 'fail' ? TaskState.failed : TaskState.complete);
  }

  obey(task: TaskRow): void {
    if (!isPlaced(task) || isTerminal(task)) return;
    if (task.desiredState > TaskState.running) this.#tell(task, TaskState.shutdown);
    else if (task.desiredState > task.reportedState) this.#tell(task, task.desiredState);
  }

  /** The naive model watches what nodes say, and knows no rows but the one that they speak of. */
  #tell(task: TaskRow, state: TaskState): void {
    this.#follow();
    this.rig.report(task, state);
    const nowMs = this.rig.nowMs;
    if (state === TaskState.running) this.#startedMs.set(task.id, nowMs);
    if (!task.byUpdate || task.revision.version < this.#version) return;
    const worker = this.#workers.get(task.slot);
    if (worker !== undefined && state >= TaskState.running) worker.settledMs ??= nowMs;
    if (state !== TaskState.failed && state !== TaskState.complete) return;
    const startedMs = this.#startedMs.get(task.id);
    const isWatched = startedMs === undefined || nowMs - startedMs <= this.#shape.monitorMs;
    if (isWatched && task.desiredState < TaskState.remove) this.#failed.add(task.slot);
  }

  /** An updater that followed every change decides what one decides that looks at everything anew. */
  #expectSameFromMemory(): void {
    const take = this.#watcher.take();
    if (take.kind === 'events')
      for (const event of take.events) this.#following.follower.follow(event);
    const now = { nowMs: this.rig.nowMs, clusterMs: this.rig.fixture.wallMs };
    const decide = (decider: UpdateDecider): Decision =>
      decider.decide(this.rig.view, 'service/web', now, new RowBudget(1_000_000));
    expect(decide(this.#following)).toEqual(decide(new UpdateDecider()));
  }

  /** Lets the updater decide once, and holds its decision against the model. */
  update(): void {
    const { current } = this.service;
    this.#follow();
    const freshBefore = this.#slotsWithUpdate();
    this.#expectSameFromMemory();
    this.rig.settleAtOnce(updater, 'service/web');
    this.#follow();
    if (this.service.current !== current) return this.#expectWentBack();
    const taken = [...this.#slotsWithUpdate()].filter((slot) => !freshBefore.has(slot));
    const parallelism = this.#shape.parallel || Infinity;
    expect(this.#busy() + taken.length, 'slots in work').toBeLessThanOrEqual(
      Math.max(parallelism, this.#busy()),
    );
    for (const slot of taken) this.#workers.set(slot, { settledMs: undefined });
    this.#expectFailuresCount();
    this.#expectOneTaskWhilePaused();
  }

  /** Another update than before begins with nothing. */
  #follow(): void {
    const version = this.service.lifecycle?.specVersion ?? 0;
    if (version === this.#version) return;
    this.#version = version;
    this.#workers = new Map();
    this.#failed = new Set();
  }

  /** Slots in which the running update has put a task. */
  #slotsWithUpdate(): Set<number> {
    const since = this.service.lifecycle?.specVersion ?? Infinity;
    const made = this.#tasks().filter((task) => task.byUpdate && task.revision.version >= since);
    return new Set(made.map(({ slot }) => slot));
  }

  #busy(): number {
    const wanted = new Set(
      this.#tasks()
        .filter((task) => task.desiredState <= TaskState.running)
        .map(({ slot }) => slot),
    );
    let busy = 0;
    for (const [slot, { settledMs }] of this.#workers) {
      if (!wanted.has(slot) || this.#failed.has(slot)) continue;
      const isPausing = settledMs === undefined || this.rig.nowMs < settledMs + this.#shape.pauseMs;
      if (isPausing) busy += 1;
    }
    return busy;
  }

  /** Too many failures never go on, and none is made up. */
  #expectFailuresCount(): void {
    const { lifecycle } = this.service;
    if (lifecycle === undefined || lifecycle.slots === 0) return;
    const known = new Set(lifecycle.failedSlots.map(Number));
    for (const slot of known) expect(this.#failed.has(slot), `slot ${slot} failed`).toBe(true);
    const isTooMany = this.#failed.size / lifecycle.slots > this.#shape.ratio;
    if (!isTooMany || this.#shape.action === 'continue') return;
    expect(lifecycle.updateState, 'goes on').not.toBe(UpdateState.updating);
  }

  #expectOneTaskWhilePaused(): void {
    const state = this.service.lifecycle?.updateState;
    if (state !== UpdateState.paused && state !== UpdateState.rollbackPaused) return;
    const wanted = this.#tasks().filter(({ desiredState }) => desiredState <= TaskState.running);
    expect(new Set(wanted.map(({ slot }) => slot)).size, 'one a slot').toBe(wanted.length);
  }

  #expectWentBack(): void {
    const { current, lifecycle } = this.service;
    expect(lifecycle?.updateState).toBe(UpdateState.rollbackStarted);
    const failed = this.rig.view.specRevision('web' as never, lifecycle?.failedVersion ?? 0);
    expect(current.spec.task).not.toBe(failed?.spec.task);
  }

  /** At most one task a slot is meant to run; start-first one more, which is of another spec. */
  checkSafety(): void {
    for (const tasks of Map.groupBy(this.#tasks(), ({ slot }) => slot).values()) {
      const wanted = tasks.filter(isLive);
      const most = this.#shape.order === 'start-first' ? 2 : 1;
      expect(wanted.length, `wanted tasks of slot ${tasks[0]?.slot}`).toBeLessThanOrEqual(most);
      const revisions = new Set(wanted.map(({ revision }) => revision.spec.task));
      if (wanted.length === 2) expect(revisions.size, 'specs in a slot').toBe(2);
    }
  }

  /** Everything heals; nodes do what they are told. */
  calmDown(): void {
    this.rig.nodeState('n2', NodeState.nodeReady);
    for (let round = 0; round < 60; round += 1) {
      this.rig.converge([...others, updater]);
      for (const task of this.#tasks()) this.obey(task);
      this.rig.advance(3000);
    }
    this.rig.converge([...others, updater]);
  }

  checkEnd(): void {
    const { lifecycle, current } = this.service;
    const state = lifecycle?.updateState;
    expect([UpdateState.updating, UpdateState.rollbackStarted]).not.toContain(state);
    const wanted = this.#tasks().filter(({ desiredState }) => desiredState <= TaskState.running);
    const replicas =
      current.spec.mode?.mode?.kind === 'replicated' ? current.spec.mode.mode.value.replicas : 0;
    expect(wanted).toHaveLength(replicas);
    expect(new Set(wanted.map(({ slot }) => slot)).size).toBe(replicas);
    for (const task of wanted) expect(task.reportedState).toBe(TaskState.running);
    if (state === UpdateState.paused || state === UpdateState.rollbackPaused) return;
    for (const task of wanted) expect(task.revision.spec.task).toEqual(current.spec.task);
  }
}

const startFirst: Shape = {
  replicas: 1,
  parallel: 1,
  pauseMs: 0,
  monitorMs: 1000,
  action: 'pause',
  ratio: 0,
  order: 'start-first',
  history: 1,
};

/** An old task that is dead before its successor starts, and comes back into force by a rollback that fails too. */
const deadBefore: Step[] = [
  { kind: 'fail', task: 0 },
  { kind: 'settle' },
  { kind: 'work', task: 0 },
  { kind: 'fail', task: 0 },
  { kind: 'settle' },
  { kind: 'spec', image: 1 },
  { kind: 'update' },
  { kind: 'settle' },
  { kind: 'work', task: 0 },
  { kind: 'back' },
  { kind: 'update' },
  { kind: 'fail', task: 0 },
  { kind: 'settle' },
  { kind: 'fail', task: 0 },
  { kind: 'settle' },
  { kind: 'update' },
];

/** An update replaces another while a slot has two tasks, and fails in another slot: both of the first are old. */
const replacedUpdates: Step[][] = [0, 1, 2, 3].map((task) => [
  { kind: 'spec', image: 1 },
  { kind: 'fail', task: 1 },
  { kind: 'settle' },
  { kind: 'spec', image: 0 },
  { kind: 'update' },
  { kind: 'spec', image: 2 },
  { kind: 'update' },
  { kind: 'settle' },
  { kind: 'fail', task },
  { kind: 'update' },
]);

const examples: [Shape, Step[]][] = [
  [startFirst, deadBefore],
  ...replacedUpdates.map((steps): [Shape, Step[]] => [{ ...startFirst, replicas: 2 }, steps]),
];

describe('a rolling update', () => {
  test('keeps to its workers, order and failures, and comes to an end', () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(step, { minLength: 30, maxLength: 150, size: 'max' }),
        (options, steps) => {
          const history = new History(options);
          for (const happening of steps) {
            history.perform(happening);
            history.checkSafety();
          }
          history.calmDown();
          history.checkSafety();
          history.checkEnd();
        },
      ),
      { numRuns: 150, examples },
    );
  });
});
