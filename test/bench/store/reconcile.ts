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
  /** Processor time of applying that a task failed and of all that the loop does about it, its replacement included, milliseconds; the mean of several. */
  readonly changeMs: number;
  /** Processor time of counting one decision for Prometheus, microseconds; `changeMs` includes it. */
  readonly countUs: number;
}

const changedTasks = 200;
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
  const changeMs = await measureChanges(slices, store, ids, rest);
  controller.abort();
  await leading.catch(() => undefined);
  const started = process.threadCpuUsage();
  for (let n = 0; n < countedDecisions; n += 1) counted.decided('scheduler', n % 7, 0);
  const { user, system } = process.threadCpuUsage(started);
  return { pass, changeMs, countUs: (user + system) / countedDecisions };
}

async function measureChanges(
  slices: Slices,
  store: Store,
  ids: readonly string[],
  rest: () => Promise<void>,
): Promise<number> {
  const changes = Array.from({ length: changedTasks }, (_, n) => {
    const id = ids[Math.floor((n * ids.length) / changedTasks)] ?? '';
    const value = newTaskStatus({ state: TaskState.failed, error: 'bench' });
    const op = putOp({ ...homeOf.taskStatus, key: id }, { kind: 'taskStatus', value });
    return entry({ ops: [op] });
  });
  const all = async (change: (data: Uint8Array) => unknown): Promise<void> => {
    for (const data of changes) {
      change(data);
      for (let turns = 0; turns < 5; turns += 1) await slices.turn();
    }
    await rest();
  };
  const idleMs = await costOf(() => all(() => undefined));
  const tookMs = await costOf(() => all((data) => apply(store, data)));
  return (tookMs - idleMs) / changedTasks;
}

async function costOf(work: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
