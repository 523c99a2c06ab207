import { Table, TaskState } from '../../../proto/gen/objects.ts';
import type { Op, Read } from '../../../proto/gen/changeset.ts';
import {
  noDecision,
  placeholderId,
  type Budget,
  type DecideTime,
  type Decider,
  type Decision,
  type Draft,
} from '../../store/decider.ts';
import type { StoreEvent } from '../../store/events.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../../store/rows.ts';
import { isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import {
  createTask,
  putDesired,
  readNode,
  readPlacement,
  readServiceSpec,
} from '../slot/drafts.ts';
import { allSlotKeys, parseKey, slotKeyOf, slotKeysOf } from '../slot/keys.ts';
import { Freshness } from '../slot/freshness.ts';
import { slotIn, type Slot } from '../slot/slot.ts';
import { isInProgress } from '../slot/update-state.ts';
import { nodeLoss, readSilence } from './node-health.ts';
import { planRestart, type RestartStep } from './plan-restart.ts';

/** Replaces tasks that ended or whose node was lost, by the restart policy of their spec. Looks at one slot a call. */
export class RestartDecider implements Decider {
  readonly name = 'restart';
  readonly follower = undefined;

  keysOf(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.table === Table.nodes) return isHealthChange(event) ? tasksOnNode(event, view) : [];
    if (event.table !== Table.tasks) return [];
    const task = (event.after ?? event.before) as TaskRow | undefined;
    return task !== undefined && concernsRestart(event, task) ? [slotKeyOf(task)] : [];
  }

  allKeys(view: StoreView): Iterable<string> {
    return allSlotKeys(view);
  }

  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision {
    const scope = parseKey(key);
    if (scope?.kind !== 'slot') return noDecision;
    const service = view.service(scope.serviceId);
    if (service === undefined || !isRestarted(service)) return noDecision;
    const slot = slotIn(view, scope.serviceId, scope.slot);
    budget.spend(slot.tasks.length + 1);
    const freshness = new Freshness(view, service);
    const isUpdating = isInProgress(service.lifecycle);
    const plan = planRestart({ view, slot, freshness, isUpdating }, now);
    const sets = plan.steps.map((step, index) =>
      draftOf({ view, service, slot, step, placeholder: placeholderId(index), now }),
    );
    return { sets, wakeAtMs: plan.wakeAtMs, more: false };
  }
}

/** Jobs are not restarted but run again. */
function isRestarted(service: ServiceRow): boolean {
  const kind = service.current.spec.mode?.mode?.kind;
  return kind === 'replicated' || kind === 'global';
}

/** Availability or liveness changed, not merely a label or a description. */
function isHealthChange(event: StoreEvent): boolean {
  const before = event.before as NodeRow | undefined;
  const after = event.after as NodeRow | undefined;
  return (
    before?.status.state !== after?.status.state ||
    before?.spec.availability !== after?.spec.availability
  );
}

function tasksOnNode(event: StoreEvent, view: StoreView): readonly string[] {
  const tasks = view.tasksOfNode(event.key as NodeRow['id']);
  return [...slotKeysOf(tasks.filter((task) => !isTerminal(task)))];
}

/**
 * A replacement that waits, and the end of a task, decide something; its steps on the node do not, nor does its removal:
 * what is removed has ended, or its node is gone, and both were news before.
 */
function concernsRestart(event: StoreEvent, task: TaskRow): boolean {
  if (event.kind === 'delete' || task.desiredState === TaskState.remove) return false;
  return task.desiredState === TaskState.ready || isTerminal(task);
}

interface DraftInput {
  readonly view: StoreView;
  readonly service: ServiceRow;
  readonly slot: Slot;
  readonly step: RestartStep;
  readonly placeholder: string;
  readonly now: DecideTime;
}

function draftOf(input: DraftInput): Draft {
  const { step, view, service, slot } = input;
  const others = slot.tasks.filter((task) => task !== step.task);
  if (step.kind === 'start') {
    const op = putDesired(step.task, { state: TaskState.running });
    const reads = readSilence(view, others);
    return { reason: 'replacement starts', reads, claims: [], ops: [op] };
  }
  const { task } = step;
  const isNodeRead = nodeLoss(view, task) !== undefined;
  return {
    reason: reasonOf(step),
    reads: [
      readServiceSpec(service.id, service),
      ...(isNodeRead ? readPlace(view, task) : []),
      ...(step.replacement?.startsAtOnce === true ? readSilence(view, others) : []),
    ],
    claims: [],
    ops: [putDesired(task, { state: TaskState.shutdown }), ...replacementOf(input)],
  };
}

/** Relies on the task being where it is, too: that it was given to this node may still be in flight, and come to nothing. */
function readPlace(view: StoreView, task: TaskRow): readonly Read[] {
  return [readPlacement(task), ...readNode(task.nodeId, view.node(task.nodeId))];
}

function replacementOf({ service, slot, step, placeholder, now }: DraftInput): Op[] {
  if (step.kind !== 'restart' || step.replacement === undefined) return [];
  const { startsAtOnce, delayMs, byUpdate } = step.replacement;
  const wait = { state: TaskState.ready, delaySinceMs: now.clusterMs, delayMs };
  const create = createTask({
    id: placeholder,
    service,
    slot,
    clusterMs: now.clusterMs,
    desired: {
      ...(startsAtOnce ? { state: TaskState.running } : wait),
      byUpdate,
    },
  });
  return [create];
}

function reasonOf(step: Extract<RestartStep, { kind: 'restart' }>): string {
  if (step.loss === 'drained') return 'node is drained';
  if (step.loss === 'down') return 'node is down';
  if (step.loss === 'gone') return 'node is gone';
  return step.task.reportedState === TaskState.complete ? 'task completed' : 'task failed';
}
