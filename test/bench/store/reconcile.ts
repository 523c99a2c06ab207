// What the control loop with the product's deciders costs on a store of many tasks: the first pass over all, and one changed task after it.
import { NodeClock } from '../../../common/platform/clock.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { encodeBatch, newBatch, newChangeSet } from '../../../proto/gen/changeset.ts';
import { newTaskStatus, TaskState } from '../../../proto/gen/objects.ts';
import { actorName } from '../../../common/ports/identity.ts';
import { ControlLoop } from '../../../manager/loop/control-loop.ts';
import { loopMetrics } from '../../../manager/loop/metrics.ts';
import { standardDeciders } from '../../../manager/manager.ts';
import type { ProposerPort, SetOutcome, SetRequest } from '../../../manager/proposer/port.ts';
import { homeOf, putOp } from '../../../manager/store/ops.ts';
import { PendingView } from '../../../manager/store/pending-view.ts';
import type { Store } from '../../../manager/store/store.ts';
import type { StoreView } from '../../../manager/store/view.ts';
import { PrometheusMetrics } from '../../../node/listeners/prometheus.ts';
import { silentLog } from '../../lib/api-fixture.ts';
import type { Slices, SliceFigures } from './slices.ts';
import { entry } from './workload.ts';

export interface ReconcileFigures {
  /** From the start of a leadership until the loop has looked at every scope. */
  readonly pass: SliceFigures;
  /** One task that failed, once the code is warm as it is in a manager that has run for a while. */
  readonly change: ChangeFigures;
  /** The same for the first tasks that fail in a process, which run in the interpreter. */
  readonly firstChange: ChangeFigures;
  /** Processor time of counting one decision for Prometheus, microseconds; a change includes it. */
  readonly countUs: number;
}

/** What it costs that a task failed: to apply that, and all that the loop does about it, its replacement included. The mean of several. */
export interface ChangeFigures {
  /** Processor time, milliseconds. */
  readonly ms: number;
  /** Sets that were applied, the failure's own among them. */
  readonly sets: number;
}

const changedTasks = 200;
/** How many fail before the code counts as warm. */
const warmingTasks = 2_000;
const countedDecisions = 100_000;

/** Commits at once, as a log of no latency would. */
class InstantProposer implements ProposerPort {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get view(): StoreView {
    return this.#store.view;
  }

  submit(request: SetRequest): Promise<SetOutcome> {
    const set = newChangeSet({ ...request, actor: actorName(request.actor), term: 1 });
    const { outcome } = apply(this.#store, encodeBatch(newBatch({ sets: [set] })));
    if (outcome.kind === 'done') return Promise.resolve(outcome);
    return Promise.resolve({ kind: 'refused', refusal: outcome.refusal });
  }

  barrier(): Promise<void> {
    return Promise.resolve();
  }
}

function apply(store: Store, data: Uint8Array): ReturnType<Store['apply']>['results'][number] {
  const [result] = store.apply({ index: store.applied.index + 1, term: 1, data }).results;
  if (result === undefined) throw new Error('an entry of one set has one result');
  return result;
}

/** Leads on `store`, whose tasks are `ids`. */
export async function measureReconcile(
  slices: Slices,
  store: Store,
  ids: readonly string[],
): Promise<ReconcileFigures> {
  const controller = new AbortController();
  let signs = 0;
  let end = slices.begin('pass');
  const deciders = standardDeciders();
  const names = deciders.map(({ name }) => name);
  const counted = loopMetrics(new PrometheusMetrics(), names);
  const loop = new ControlLoop({
    deciders,
    proposer: new InstantProposer(store),
    pendingView: () => new PendingView(store),
    watch: (wake) => store.watch(undefined, wake),
    turn: async () => {
      signs += 1;
      end();
      await slices.turn();
      end = slices.begin('pass');
    },
    clock: new NodeClock(),
    random: seededRandom(1),
    log: silentLog,
    metrics: {
      ...counted,
      decided: (decider, tookMs, sets) => {
        signs += 1;
        counted.decided(decider, tookMs, sets);
      },
    },
    options: { fixedBudgetRows: undefined },
  });
  const leading = loop.lead(1, controller.signal);
  const rest = async (): Promise<void> => {
    for (let before = -1; before !== signs;) {
      before = signs;
      for (let turns = 0; turns < 100; turns += 1) await slices.turn();
    }
  };
  await rest();
  const pass = slices.figures('pass');
  const [first = [], warming = [], last = []] = changesOf(ids);
  const measured = async (changes: readonly Uint8Array[]): Promise<ChangeFigures> =>
    await measureChanges(slices, store, changes, rest);
  const firstChange = await measured(first);
  await measured(warming);
  const change = await measured(last);
  controller.abort();
  await leading.catch(() => undefined);
  const started = process.threadCpuUsage();
  for (let n = 0; n < countedDecisions; n += 1) counted.decided('scheduler', n % 7, 0);
  const { user, system } = process.threadCpuUsage(started);
  return { pass, change, firstChange, countUs: (user + system) / countedDecisions };
}

/** That tasks failed, spread over all services: some to begin with, many that warm the code, and some more. */
function changesOf(ids: readonly string[]): readonly Uint8Array[][] {
  const count = Math.min(ids.length, 2 * changedTasks + warmingTasks);
  const all = Array.from({ length: count }, (_, n) => {
    const id = ids[Math.floor((n * ids.length) / count)] ?? '';
    const value = newTaskStatus({ state: TaskState.failed, error: 'bench' });
    const op = putOp({ ...homeOf.taskStatus, key: id }, { kind: 'taskStatus', value });
    return entry({ ops: [op] });
  });
  return [
    all.slice(0, changedTasks),
    all.slice(changedTasks, -changedTasks),
    all.slice(-changedTasks),
  ];
}

async function measureChanges(
  slices: Slices,
  store: Store,
  changes: readonly Uint8Array[],
  rest: () => Promise<void>,
): Promise<ChangeFigures> {
  const all = async (change: (data: Uint8Array) => unknown): Promise<void> => {
    for (const data of changes) {
      change(data);
      for (let turns = 0; turns < 5; turns += 1) await slices.turn();
    }
    await rest();
  };
  const idleMs = await costOf(() => all(() => undefined));
  const before = store.applied.index;
  const tookMs = await costOf(() => all((data) => apply(store, data)));
  const sets = store.applied.index - before;
  return { ms: (tookMs - idleMs) / changes.length, sets: sets / changes.length };
}

async function costOf(work: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
