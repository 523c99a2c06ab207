import { limits } from '../../../common/pure/limits.ts';
import { Facet, Table, TaskState } from '../../../proto/gen/objects.ts';
import type { Read } from '../../../proto/gen/changeset.ts';
import {
  noDecision,
  type Budget,
  type DecideTime,
  type Decider,
  type Decision,
  type Draft,
} from '../../store/decider.ts';
import type { StoreEvent } from '../../store/events.ts';
import { deleteOp, giveBack, readOf } from '../../store/ops.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../../store/rows.ts';
import { isPlaced, isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { readDesired, readNode, readPlacement } from '../slot/drafts.ts';
import { allServiceKeys, allSlotKeys, parseKey, serviceKey, slotKeyOf } from '../slot/keys.ts';
import { isWanted, slotIn } from '../slot/slot.ts';
import { isInProgress } from '../slot/update-state.ts';
import { historyLimit, isReapable, planHistory } from './plan-reap.ts';

/**
 * Deletes task rows: those that were to be removed, by service, and those beyond the history to keep, by slot.
 *
 * With a row go the keys that it claimed, in the same set.
 */
export class ReaperDecider implements Decider {
  readonly name = 'reaper';
  readonly follower = undefined;

  keysOf(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.table === Table.nodes) return event.kind === 'delete' ? onNode(event, view) : [];
    if (event.table === Table.services) {
      if (event.kind === 'delete') return [serviceKey(event.key)];
      return endsUpdate(event) ? longSlots(view, event.after as ServiceRow) : [];
    }
    const task = event.after as TaskRow | undefined;
    if (event.table !== Table.tasks || task === undefined) return [];
    if (task.desiredState === TaskState.remove) return [serviceKey(task.serviceId)];
    if (isWanted(task) && !isTerminal(task)) return [];
    const keys = [slotKeyOf(task)];
    if (view.service(task.serviceId) === undefined) keys.push(serviceKey(task.serviceId));
    return keys;
  }

  *allKeys(view: StoreView): Iterable<string> {
    yield* allServiceKeys(view);
    yield* allSlotKeys(view);
  }

  decide(view: StoreView, key: string, _now: DecideTime, budget: Budget): Decision {
    const scope = parseKey(key);
    if (scope === undefined) return noDecision;
    if (scope.kind === 'service') {
      return removeReapable(view, view.tasksOfService(scope.serviceId), budget);
    }
    const slot = slotIn(view, scope.serviceId, scope.slot);
    budget.spend(slot.tasks.length + 1);
    const surplus = planHistory(view, slot, historyLimit(view, slot));
    if (surplus.length === 0) return noDecision;
    return { sets: [deletion(view, surplus, 'history')], wakeAtMs: undefined, more: false };
  }
}

/** A running update keeps history that is too long once it has ended. */
function endsUpdate({ before, after }: StoreEvent): boolean {
  const [old, now] = [before as ServiceRow | undefined, after as ServiceRow | undefined];
  return isInProgress(old?.lifecycle) && now !== undefined && !isInProgress(now.lifecycle);
}

/** Keys of the slots that hold more than the task that runs. */
function longSlots(view: StoreView, service: ServiceRow): readonly string[] {
  const seen = new Set<string>();
  const long = new Set<string>();
  for (const task of view.tasksOfService(service.id)) {
    const key = slotKeyOf(task);
    if (seen.has(key)) long.add(key);
    else seen.add(key);
  }
  return [...long];
}

function onNode(event: StoreEvent, view: StoreView): readonly string[] {
  const tasks = view.tasksOfNode(event.key as NodeRow['id']);
  return [...new Set(tasks.map((task) => serviceKey(task.serviceId)))];
}

function removeReapable(view: StoreView, tasks: readonly TaskRow[], budget: Budget): Decision {
  budget.spend(tasks.length >> 6);
  const reapable = tasks.filter((task) => isReapable(view, task));
  const sets: Draft[] = [];
  let done = 0;
  while (done < reapable.length) {
    const chunk = reapable.slice(done, done + limits.deciderChunkOps);
    sets.push(deletion(view, chunk, 'task removed'));
    done += chunk.length;
    if (!budget.spend(chunk.length)) break;
  }
  return { sets, wakeAtMs: undefined, more: done < reapable.length };
}

function deletion(view: StoreView, tasks: readonly TaskRow[], reason: string): Draft {
  return {
    reason,
    reads: tasks.flatMap((task) => readsOf(view, task)),
    claims: tasks.flatMap((task) =>
      view.claimsOf(task.id).map(({ space, key }) => giveBack(space, key, task.id)),
    ),
    ops: tasks.map((task) => deleteOp(Table.tasks, task.id)),
  };
}

/**
 * Relies on the task being as unwanted as it is, on what it holds being what is given back with it, and on nothing of it running: it was
 * not placed since, or its node is still gone. That it ended cannot change.
 */
function readsOf(view: StoreView, task: TaskRow): readonly Read[] {
  const network = { table: Table.tasks, key: task.id, facet: Facet.network };
  const held = [readDesired(task), readOf(network, task.networkVersion)];
  if (isTerminal(task)) return held;
  if (isPlaced(task)) return [...held, ...readNode(task.nodeId, view.node(task.nodeId))];
  return [...held, readPlacement(task)];
}
