import { equalBytes } from '../../../common/pure/bytes.ts';
import type { StoreEvent } from '../../../manager/store/events.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../../../manager/store/rows.ts';
import { isPlaced, isTerminal } from '../../../manager/store/task-state.ts';
import { NodeState, Table, TaskState, UpdateState } from '../../../proto/gen/objects.ts';
import type { ServiceLifecycle } from '../../../proto/gen/objects.ts';
import {
  encodeEndpointSpec,
  encodeServiceSpec,
  encodeTaskSpec,
  newEndpointSpec,
  newTaskSpec,
  NodeAvailability,
  RestartCondition,
  UpdateFailureAction,
  UpdateOrder,
  type ServiceSpec,
  type UpdateConfig,
} from '../../../proto/gen/specs.ts';
import { deadImages } from '../images.ts';
import type { Complain } from './task-rules.ts';

/** How long a new task waits for the old one, at most, cluster milliseconds. */
const oldTaskStopMs = 60_000;
/** What the time of a decision and that of its change may differ by, cluster milliseconds. */
const slackMs = 2000;
const nanosecondsPerMillisecond = 1_000_000;

interface TaskChange {
  readonly before: TaskRow | undefined;
  readonly after: TaskRow | undefined;
}

interface ServiceChange {
  readonly before: ServiceRow | undefined;
  readonly after: ServiceRow | undefined;
}

/** Slots that the running update has taken, by its own hand. */
interface Taken {
  readonly specVersion: number;
  readonly slots: Set<string>;
}

const legalSteps: Readonly<Record<UpdateState, readonly UpdateState[]>> = {
  // One that has nothing left but to give up an old task begins and ends in one change.
  [UpdateState.updateNone]: [
    UpdateState.updating,
    UpdateState.completed,
    UpdateState.rollbackStarted,
  ],
  [UpdateState.updating]: [UpdateState.paused, UpdateState.completed, UpdateState.rollbackStarted],
  [UpdateState.paused]: [UpdateState.rollbackStarted],
  [UpdateState.completed]: [UpdateState.updating, UpdateState.rollbackStarted],
  [UpdateState.rollbackStarted]: [UpdateState.rollbackPaused, UpdateState.rollbackCompleted],
  [UpdateState.rollbackPaused]: [UpdateState.rollbackStarted],
  [UpdateState.rollbackCompleted]: [UpdateState.updating, UpdateState.rollbackStarted],
};

/**
 * T7 and the rules of restarts, looked at after every applied set on a model of its own: parallelism, delay and order of updates, where a
 * rollback leads, whether the status tells the truth, and what a restart policy allows.
 */
export class RolloutRules {
  readonly #complain: Complain;
  readonly #seen: (name: string) => void;
  readonly #isTimeTrue: boolean;
  readonly #nodes = new Map<string, NodeRow>();
  readonly #services = new Map<string, ServiceRow>();
  /** Specs that a service ever had, by version. */
  readonly #specs = new Map<string, Map<number, ServiceSpec>>();
  /** Rows of a slot, by service and slot, then by id. */
  readonly #slots = new Map<string, Map<string, TaskRow>>();
  readonly #taken = new Map<string, Taken>();
  /** Tasks made so far in a slot of one revision, by service, slot and version. */
  readonly #made = new Map<string, number>();
  #tasks: TaskChange[] = [];
  #changes: ServiceChange[] = [];

  /** @param isTimeTrue false when clocks jump: then nothing is said about how long something took. */
  constructor(complain: Complain, seen: (name: string) => void, isTimeTrue: boolean) {
    this.#complain = complain;
    this.#seen = seen;
    this.#isTimeTrue = isTimeTrue;
  }

  /** Whether a slot of the service may have two wanted tasks: it may start the new one first, or did before its last spec. */
  maySpareTwo(serviceId: string): boolean {
    const specs = this.#specs.get(serviceId);
    // A service that was gone already when this began to look: nobody knows.
    if (specs === undefined) return true;
    return [...specs.values()].some(
      ({ update, rollback }) =>
        update?.order === UpdateOrder.startFirst || rollback?.order === UpdateOrder.startFirst,
    );
  }

  note(event: StoreEvent): void {
    const { table, key } = event;
    if (table === Table.nodes) put(this.#nodes, key, event.after as NodeRow | undefined);
    else if (table === Table.services) this.#noteService(event);
    else if (table === Table.tasks) this.#noteTask(event);
  }

  #noteService(event: StoreEvent): void {
    const before = event.before as ServiceRow | undefined;
    const after = event.after as ServiceRow | undefined;
    put(this.#services, event.key, after);
    this.#changes.push({ before, after });
    const specs = this.#specs.get(event.key) ?? new Map<number, ServiceSpec>();
    if (after === undefined) return;
    this.#specs.set(event.key, specs);
    for (const revision of [after.previous, after.current]) {
      if (revision !== undefined) specs.set(revision.version, revision.spec);
    }
  }

  #noteTask(event: StoreEvent): void {
    const before = event.before as TaskRow | undefined;
    const after = event.after as TaskRow | undefined;
    this.#tasks.push({ before, after });
    const task = after ?? before;
    if (task === undefined) return;
    this.#specs.get(task.serviceId)?.set(task.revision.version, task.revision.spec);
    const key = slotKey(task);
    const rows = this.#slots.get(key) ?? new Map<string, TaskRow>();
    put(rows, task.id, after);
    if (rows.size === 0) this.#slots.delete(key);
    else this.#slots.set(key, rows);
  }

  /** Called when all events of one set were noted. */
  endOfSet(): void {
    const [tasks, changes] = [this.#tasks, this.#changes];
    this.#tasks = [];
    this.#changes = [];
    for (const change of changes) this.#checkService(change);
    const bySlot = Map.groupBy(tasks, ({ before, after }) => slotKey((after ?? before) as TaskRow));
    const taken = new Map<string, TaskRow[]>();
    for (const [key, slot] of bySlot) {
      const service = this.#services.get(key.split('/')[0] ?? '');
      if (service === undefined) continue;
      this.#checkSlot(service, key, slot);
      const task = this.#takenBy(service, slot);
      if (task !== undefined) taken.set(service.id, [...(taken.get(service.id) ?? []), task]);
    }
    for (const made of taken.values()) this.#checkWorkers(made);
  }

  #checkService({ before, after }: ServiceChange): void {
    if (before === undefined || after === undefined) return;
    if (before.lifecycle === after.lifecycle) return;
    const [from, to] = [stateOf(before.lifecycle), stateOf(after.lifecycle)];
    const { name } = after.current.spec;
    if (after.lifecycle !== undefined && from !== to) {
      this.#seen(`update ${updateWords[to]}`);
      if (!legalSteps[from].includes(to)) {
        this.#complain('T7', `update of ${name} went from ${from} to ${to}`);
      }
    }
    if (from !== to && to === UpdateState.rollbackStarted) this.#checkRollback(before, after);
    const isEnd = to === UpdateState.completed || to === UpdateState.rollbackCompleted;
    if (from !== to && isEnd) this.#checkEnd(after);
  }

  /** A rollback leads to what the service was before: by hand to the spec before this one, after a failure to where the update began. */
  #checkRollback(before: ServiceRow, after: ServiceRow): void {
    const message = after.lifecycle?.message ?? '';
    // What is left to do after a rollback goes on as one.
    if (message === 'rollback in progress') return;
    const isByHand = message.startsWith('manually');
    this.#seen(isByHand ? 'rollback by hand' : 'rollback after a failure');
    const begun = isByHand ? 0 : (before.lifecycle?.rollbackVersion ?? 0);
    const target = this.#specs.get(after.id)?.get(begun);
    // After a start from a snapshot not every earlier spec is known here.
    if (begun > 0 && target === undefined) return;
    const wanted = target ?? before.previous?.spec;
    const isSame =
      wanted !== undefined &&
      equalBytes(encodeServiceSpec(wanted), encodeServiceSpec(after.current.spec));
    const { name } = after.current.spec;
    if (!isSame) this.#complain('T7', `rollback of ${name} does not lead to what it was before`);
  }

  /** An update that says that it is over has left no task of another spec, and none that never ran unless it bears failures. */
  #checkEnd(service: ServiceRow): void {
    const { current, lifecycle } = service;
    const { name } = current.spec;
    const failed = new Set(lifecycle?.failedSlots);
    const config = configOf(service);
    const bears = config?.failureAction === UpdateFailureAction.updateContinue;
    const image = current.spec.task?.container?.image ?? '';
    for (const [key, rows] of this.#slots) {
      if (!key.startsWith(`${service.id}/`)) continue;
      const wanted = [...rows.values()].filter(isWanted);
      const node = this.#nodes.get(key.split('/')[1] ?? '');
      const newest = newestOf(rows.values());
      // Where the new task failed for good the old one goes on.
      const hasFailed =
        newest !== undefined && isTerminal(newest) && !isStale(newest, current.spec);
      const isShut = key.split('/')[1] !== '' && node !== undefined && !isOpen(node);
      for (const task of wanted) {
        if (!isShut && !hasFailed && isStale(task, current.spec)) {
          this.#complain('T7', `update of ${name} is over, and ${task.id} has another spec`);
        }
      }
      const since = lifecycle?.specVersion ?? 0;
      const isDead = wanted.some(
        (task) => task.byUpdate && task.revision.version >= since && !failed.has(slotName(task)),
      );
      const isStrict = !bears && (config?.maxFailureRatio ?? 0) === 0;
      if (isStrict && isDead && deadImages.includes(image) && lifecycle?.slots !== 0) {
        this.#complain('T7', `update of ${name} to ${image} is said to be complete`);
      }
    }
  }

  #checkSlot(service: ServiceRow, key: string, changes: readonly TaskChange[]): void {
    const rows = [...(this.#slots.get(key)?.values() ?? [])];
    for (const change of changes) {
      this.#checkStop(service, rows, change);
      this.#checkStart(service, rows, change);
      this.#checkRestart(service, changes, change);
    }
    if (rows.every(({ desiredState }) => desiredState === TaskState.remove)) {
      for (const made of this.#made.keys()) {
        if (made.startsWith(`${key} `)) this.#made.delete(made);
      }
    }
  }

  /** Start-first: a running task is given up only for one that runs. */
  #checkStop(service: ServiceRow, rows: readonly TaskRow[], { before, after }: TaskChange): void {
    if (before === undefined || after?.desiredState !== TaskState.shutdown) return;
    const wasServing = isWanted(before) && before.reportedState === TaskState.running;
    const isStopped = wasServing && after.reportedState === TaskState.running;
    if (!isStopped || !this.#mayStay(service, before) || service.lifecycle === undefined) return;
    if (orderOf(service) !== UpdateOrder.startFirst) return;
    const other = rows.find(
      (task) => task.id !== after.id && isWanted(task) && task.reportedState === TaskState.running,
    );
    if (other === undefined) {
      this.#complain('T7', `${after.id} was stopped though nothing else runs in its slot`);
    } else this.#seen('start-first: the new task ran before the old one was stopped');
  }

  /** False when something else than an update may take the task away. */
  #mayStay(service: ServiceRow, task: TaskRow): boolean {
    const node = this.#nodes.get(task.nodeId);
    const isHere = node?.status.state !== NodeState.nodeDown && node !== undefined;
    const isFree = (service.current.spec.task?.placement?.constraints ?? []).length === 0;
    return isHere && isFree && node.spec.availability !== NodeAvailability.drain;
  }

  /** Else: a task is to run only when nothing of its slot may still run, or has had its time to stop. */
  #checkStart(service: ServiceRow, rows: readonly TaskRow[], { before, after }: TaskChange): void {
    if (after?.desiredState !== TaskState.running) return;
    if (before !== undefined && before.desiredState >= TaskState.running) return;
    const waitedMs = before === undefined ? 0 : after.updatedAtMs - before.delaySinceMs;
    const isEarly = before !== undefined && waitedMs + slackMs < before.delayMs;
    if (isEarly && before.delayMs > 0 && this.#isTimeTrue) {
      this.#complain('T7', `${after.id} starts ${waitedMs} ms into a delay of ${before.delayMs}`);
    }
    if (before !== undefined && before.delayMs > 0) this.#seen('restart waited for its delay');
    const hasWaited = waitedMs + slackMs >= oldTaskStopMs;
    const isFirst = after.byUpdate && orderOf(service) === UpdateOrder.startFirst;
    const old = rows.find((task) => task.id !== after.id && this.#isStopping(task));
    if (old === undefined) return;
    if (hasWaited) this.#seen('restart did not wait for a task that does not stop');
    else if (!isFirst && this.#isTimeTrue) {
      this.#complain('T7', `${after.id} is to run while ${old.id} of its slot has not stopped`);
    }
  }

  #isStopping(task: TaskRow): boolean {
    if (task.desiredState !== TaskState.shutdown || isTerminal(task) || !isPlaced(task)) {
      return false;
    }
    const node = this.#nodes.get(task.nodeId);
    return node !== undefined && node.status.state !== NodeState.nodeDown;
  }

  /** A task that ended is replaced only as its policy says. */
  #checkRestart(
    service: ServiceRow,
    changes: readonly TaskChange[],
    { before, after }: TaskChange,
  ): void {
    if (before !== undefined || after === undefined) return;
    const { version } = after.revision;
    const made = `${slotKey(after)} ${version}`;
    const count = (this.#made.get(made) ?? 0) + 1;
    this.#made.set(made, count);
    const policy = after.revision.spec.task?.restart;
    const attempts = policy?.maxAttempts ?? 0;
    const isCounted = attempts > 0 && (policy?.windowNs ?? 0) === 0 && after.slot > 0;
    // A task of an older spec that is replaced by one of this was restarted by its own policy.
    const isAgain = changes.some(
      (change) =>
        change.before !== undefined &&
        isWanted(change.before) &&
        change.before.revision.version === version,
    );
    if (isCounted && isAgain && count > attempts + 1) {
      this.#complain('RP', `slot ${made} got task ${count} with ${attempts} attempts`);
    }
    if (isCounted && count === attempts + 1) this.#seen('restart attempts used up');
    const ended = changes.find(
      (change) =>
        change.before !== undefined &&
        isTerminal(change.before) &&
        isWanted(change.before) &&
        change.before.revision.version === version,
    )?.before;
    if (ended === undefined) return;
    this.#seen('restart of a task that ended');
    const delayNs = policy?.delayNs ?? 0;
    const isHere = this.#mayStay(service, ended);
    if (delayNs > 0 && isHere && after.desiredState === TaskState.running) {
      this.#complain('RP', `${after.id} does not wait for the delay of its policy`);
    }
    const isComplete = ended.reportedState === TaskState.complete;
    const isRefused =
      policy?.condition === RestartCondition.restartNone ||
      (policy?.condition === RestartCondition.restartOnFailure && isComplete);
    const { name } = service.current.spec;
    if (isRefused) this.#complain('RP', `task ${ended.id} of ${name} was replaced`);
  }

  /** The new task of a slot that the updater itself took, not one that brings the new spec because the old task was lost. */
  #takenBy(service: ServiceRow, changes: readonly TaskChange[]): TaskRow | undefined {
    const made = changes.find(
      ({ before, after }) => before === undefined && after?.byUpdate,
    )?.after;
    if (made === undefined || service.lifecycle === undefined) return undefined;
    const isRestart = changes.some(
      ({ before, after }) =>
        before !== undefined &&
        isWanted(before) &&
        after?.desiredState === TaskState.shutdown &&
        (isTerminal(before) || !this.#mayStay(service, before)),
    );
    return isRestart ? undefined : made;
  }

  /** T7: at most `parallelism` slots are under way, each until its new task ran for the delay. */
  #checkWorkers(made: readonly TaskRow[]): void {
    const [first] = made;
    const service = first === undefined ? undefined : this.#services.get(first.serviceId);
    const status = service?.lifecycle;
    if (first === undefined || service === undefined || status === undefined) return;
    const known = this.#taken.get(service.id);
    const taken =
      known?.specVersion === status.specVersion
        ? known
        : { specVersion: status.specVersion, slots: new Set<string>() };
    this.#taken.set(service.id, taken);
    for (const task of made) taken.slots.add(slotKey(task));
    const config = configOf(service);
    const parallelism = config?.parallelism ?? 1;
    if (parallelism === 0) return;
    const delayMs = (config?.delayNs ?? 0) / nanosecondsPerMillisecond;
    const nowMs = first.updatedAtMs;
    const settledMs = this.#isTimeTrue ? nowMs - delayMs : Infinity;
    const busy = [...taken.slots].filter((key) => this.#isBusy(key, status, settledMs));
    if (busy.length > 1) this.#seen('several slots updated at the same time');
    if (busy.length > parallelism) {
      const { name } = service.current.spec;
      this.#complain('T7', `${busy.length} slots of ${name} are updated at once: ${busy.join()}`);
    }
  }

  #isBusy(key: string, status: ServiceLifecycle, settledMs: number): boolean {
    const rows = [...(this.#slots.get(key)?.values() ?? [])].filter(
      (task) => task.byUpdate && task.revision.version >= status.specVersion,
    );
    const [any] = rows;
    if (any === undefined || !rows.some(isWanted)) return false;
    if (status.failedSlots.includes(slotName(any))) return false;
    const settled = rows.flatMap((task) => {
      if (task.runningSinceMs > 0) return [task.runningSinceMs];
      return endedByItself(task) ? [task.appliedAtMs] : [];
    });
    return settled.length === 0 || Math.min(...settled) > settledMs + slackMs;
  }
}

const updateWords: Readonly<Record<UpdateState, string>> = {
  [UpdateState.updateNone]: 'cleared',
  [UpdateState.updating]: 'begun',
  [UpdateState.paused]: 'paused',
  [UpdateState.completed]: 'completed',
  [UpdateState.rollbackStarted]: 'rolled back',
  [UpdateState.rollbackPaused]: 'paused in its rollback',
  [UpdateState.rollbackCompleted]: 'completed in its rollback',
};

function put<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function slotKey(task: TaskRow): string {
  return task.slot === 0 ? `${task.serviceId}/${task.nodeId}/0` : `${task.serviceId}//${task.slot}`;
}

function slotName(task: TaskRow): string {
  return task.slot === 0 ? task.nodeId : String(task.slot);
}

function newestOf(tasks: Iterable<TaskRow>): TaskRow | undefined {
  return [...tasks].toSorted((left, right) => left.createdAtMs - right.createdAtMs).at(-1);
}

function isWanted(task: TaskRow): boolean {
  return task.desiredState <= TaskState.running;
}

/** Not because its node was drained, or is down: then its replacement is what the slot waits for. */
function endedByItself({ reportedState }: TaskRow): boolean {
  return (
    reportedState === TaskState.complete ||
    reportedState === TaskState.failed ||
    reportedState === TaskState.rejected
  );
}

function isOpen(node: NodeRow): boolean {
  return (
    node.status.state === NodeState.nodeReady && node.spec.availability === NodeAvailability.active
  );
}

function stateOf(lifecycle: ServiceLifecycle | undefined): UpdateState {
  return lifecycle?.updateState ?? UpdateState.updateNone;
}

/** The settings in force: those of the rollback while one runs, or stands still. */
function configOf({ current, lifecycle }: ServiceRow): UpdateConfig | undefined {
  const state = stateOf(lifecycle);
  const isBack =
    state === UpdateState.rollbackStarted ||
    state === UpdateState.rollbackPaused ||
    state === UpdateState.rollbackCompleted;
  return isBack ? current.spec.rollback : current.spec.update;
}

function orderOf(service: ServiceRow): UpdateOrder {
  return configOf(service)?.order ?? UpdateOrder.stopFirst;
}

/** Whether the task's container is another than that of `spec`; the simulated users change nothing else of a task. */
function isStale(task: TaskRow, spec: ServiceSpec): boolean {
  const { spec: own } = task.revision;
  return !equalBytes(taskBytes(own), taskBytes(spec));
}

function taskBytes({ task, endpoint }: ServiceSpec): Uint8Array {
  const work = encodeTaskSpec(task ?? newTaskSpec());
  const ports = encodeEndpointSpec(endpoint ?? newEndpointSpec());
  return Uint8Array.from([...work, ...ports]);
}
