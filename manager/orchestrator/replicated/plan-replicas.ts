import { TaskState } from '../../../proto/gen/objects.ts';
import { isOccupied, isWanted, type Slot } from '../slot/slot.ts';

/** What to do so that the wanted number of replicas remains. */
export interface ReplicaPlan {
  /** Numbers of slots in which a task is to be created, ascending. */
  readonly create: readonly number[];
  /** Slots whose tasks are to be removed, in ascending order. */
  readonly remove: readonly Slot[];
  /** How many more slots are to be created or removed than these name. */
  readonly left: number;
}

/**
 * Decides which slots of one service to create or remove so that `replicas` remain.
 *
 * Pure and idempotent: applying its decisions and calling it again yields none. New replicas take the lowest free
 * numbers. At most `slotsMax` slots are touched. On scale-down, slots without a running task go first, then slots on the fullest nodes, then higher numbers.
 */
export function planReplicas(
  slots: readonly Slot[],
  options: { readonly replicas: number; readonly slotsMax: number },
): ReplicaPlan {
  const occupied = slots.filter(isOccupied);
  const missing = options.replicas - occupied.length;
  const count = Math.min(Math.abs(missing), options.slotsMax);
  const left = Math.abs(missing) - count;
  if (missing < 0) return { create: [], remove: surplus(occupied, count), left };
  return { create: lowestFree(occupied, count), remove: [], left };
}

function lowestFree(occupied: readonly Slot[], count: number): number[] {
  const taken = new Set(occupied.map((slot) => slot.number));
  const free: number[] = [];
  for (let number = 1; free.length < count; number += 1) {
    if (!taken.has(number)) free.push(number);
  }
  return free;
}

/** A slot with what decides how early it goes. */
interface Candidate {
  readonly slot: Slot;
  readonly isRunning: boolean;
  /** How many slots of lower rank stand on the same node: taking the highest first empties the fullest node first. */
  readonly ordinal: number;
}

function surplus(occupied: readonly Slot[], count: number): Slot[] {
  const going = rank(occupied).toSorted(compareCandidates).slice(0, count);
  return going.map(({ slot }) => slot).toSorted((left, right) => left.number - right.number);
}

function rank(occupied: readonly Slot[]): Candidate[] {
  const onNode = new Map<string, number>();
  return occupied
    .map((slot) => ({ slot, node: runningNode(slot) }))
    .toSorted((left, right) => left.slot.number - right.slot.number)
    .map(({ slot, node }) => {
      if (node === undefined) return { slot, isRunning: false, ordinal: 0 };
      const ordinal = onNode.get(node) ?? 0;
      onNode.set(node, ordinal + 1);
      return { slot, isRunning: true, ordinal };
    });
}

/** Where the slot's running task is; undefined when none runs. */
function runningNode(slot: Slot): string | undefined {
  return slot.tasks.find(
    (task) => isWanted(task) && task.reportedState === TaskState.running && task.nodeId !== '',
  )?.nodeId;
}

/** First to go first. */
function compareCandidates(left: Candidate, right: Candidate): number {
  if (left.isRunning !== right.isRunning) return left.isRunning ? 1 : -1;
  if (left.ordinal !== right.ordinal) return right.ordinal - left.ordinal;
  return right.slot.number - left.slot.number;
}
