import { NodeState, TaskState } from '../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../../store/rows.ts';
import { isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { isSilent } from '../restart/node-health.ts';
import { isStillStopping } from '../restart/plan-restart.ts';
import { shouldRestart } from '../restart/policy.ts';
import { isWanted, type Slot } from '../slot/slot.ts';
import type { Freshness } from '../slot/freshness.ts';

/** What to do with one service on one node. */
export type NodeStep =
  | { readonly kind: 'none' }
  /** The node may not run the service: its tasks are given up. Those of a node that is gone are removed, history included. */
  | {
      readonly kind: 'stop';
      readonly tasks: readonly TaskRow[];
      readonly to: typeof TaskState.shutdown | typeof TaskState.remove;
    }
  /** The node lacks a task. `isWaiting` while an earlier one still stops. */
  | { readonly kind: 'create'; readonly isWaiting: boolean };

type StopStep = Extract<NodeStep, { readonly kind: 'stop' }>;

export interface NodeInput {
  readonly view: StoreView;
  readonly service: ServiceRow;
  readonly node: NodeRow | undefined;
  readonly slot: Slot;
  readonly matches: (node: NodeRow) => boolean;
  readonly freshness: Freshness;
}

/**
 * Decides whether a node is to have a task of a global service.
 *
 * A node that is gone, down, drained, or fails the constraints gives its task up; one that is paused or silent keeps what
 * it has and gets nothing new.
 */
export function planNode(input: NodeInput): NodeStep {
  const { view, node, slot, matches } = input;
  if (node === undefined) return stop(slot.tasks, TaskState.remove);
  const wanted = slot.tasks.filter(isWanted);
  if (!mayKeep(node) || !matches(node)) return stop(wanted, TaskState.shutdown);
  if (wanted.length > 0 || !mayTake(node) || hasEndedForGood(input)) return none;
  return { kind: 'create', isWaiting: slot.tasks.some((task) => isStillStopping(view, task)) };
}

const none: NodeStep = { kind: 'none' };

function stop(tasks: readonly TaskRow[], to: StopStep['to']): NodeStep {
  const going = tasks.filter((task) => task.desiredState < to);
  return going.length === 0 ? none : { kind: 'stop', tasks: going, to };
}

function mayKeep(node: NodeRow): boolean {
  return !isSilent(node) && node.spec.availability !== NodeAvailability.drain;
}

function mayTake(node: NodeRow): boolean {
  return (
    node.status.state === NodeState.nodeReady && node.spec.availability === NodeAvailability.active
  );
}

/** The last task ended by itself, the policy asked for no other, and the service asks for nothing else since. */
function hasEndedForGood({ slot, freshness }: NodeInput): boolean {
  const newest = slot.tasks.at(-1);
  if (newest === undefined || newest.desiredState !== TaskState.shutdown) return false;
  if (!isTerminal(newest) || newest.reportedState === TaskState.shutdown) return false;
  return !freshness.isStale(newest) && !shouldRestart(slot, newest, newest.appliedAtMs);
}
