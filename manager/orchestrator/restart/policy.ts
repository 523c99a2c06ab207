import { TaskState } from '../../../proto/gen/objects.ts';
import { RestartCondition } from '../../../proto/gen/specs.ts';
import type { TaskRow } from '../../store/rows.ts';
import type { Slot } from '../slot/slot.ts';

/** Delay of a restart when the policy names none. */
const defaultRestartDelayMs = 5000;

const nanosecondsPerMillisecond = 1_000_000;

/** How long the policy of the task's spec asks to wait before a replacement starts. */
export function restartDelayMs(task: TaskRow): number {
  const delayNs = task.revision.spec.task?.restart?.delayNs;
  if (delayNs === undefined) return defaultRestartDelayMs;
  return Math.max(0, Math.ceil(delayNs / nanosecondsPerMillisecond));
}

/**
 * Whether the policy of the task's spec wants a replacement for `task`, which ended at `endedAtMs` of cluster time.
 *
 * Attempts are counted from the slot's history: every row of the same spec revision but the first stands for one.
 * With a window only those count that were created within it before the end.
 */
export function shouldRestart(slot: Slot, task: TaskRow, endedAtMs: number): boolean {
  const policy = task.revision.spec.task?.restart;
  const condition = policy?.condition ?? RestartCondition.restartAny;
  if (condition === RestartCondition.restartNone) return false;
  if (
    condition === RestartCondition.restartOnFailure &&
    task.reportedState === TaskState.complete
  ) {
    return false;
  }
  const attemptsMax = policy?.maxAttempts ?? 0;
  if (attemptsMax === 0) return true;
  const windowMs = (policy?.windowNs ?? 0) / nanosecondsPerMillisecond;
  const fromMs = windowMs > 0 ? endedAtMs - windowMs : 0;
  return countAttempts(slot, task, fromMs) < attemptsMax;
}

function countAttempts(slot: Slot, task: TaskRow, fromMs: number): number {
  const sameSpec = slot.tasks.filter(
    (row) =>
      row.revision.version === task.revision.version && row.desiredState !== TaskState.remove,
  );
  return sameSpec.slice(1).filter((row) => row.createdAtMs >= fromMs).length;
}
