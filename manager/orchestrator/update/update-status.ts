import {
  newServiceLifecycle,
  UpdateState,
  type ServiceLifecycle,
} from '../../../proto/gen/objects.ts';
import type { ServiceRow } from '../../store/rows.ts';

/** True while the service goes, or went, back to an earlier spec. */
export function isRollback(status: ServiceLifecycle | undefined): boolean {
  return (
    status?.updateState === UpdateState.rollbackStarted ||
    status?.updateState === UpdateState.rollbackPaused ||
    status?.updateState === UpdateState.rollbackCompleted
  );
}

/** True when nothing is replaced until the user asks for something else. */
export function isPaused(status: ServiceLifecycle | undefined): boolean {
  return (
    status?.updateState === UpdateState.paused || status?.updateState === UpdateState.rollbackPaused
  );
}

/** What an update finds when it begins. */
export interface UpdateScope {
  /** How many slots it is about, among them those that an earlier part of it did. */
  readonly slots: number;
  readonly failedSlots: readonly string[];
  readonly rollbackVersion: number;
}

/** An update that begins now. What is left to do after a rollback goes on as one. */
export function startedStatus(
  { lifecycle, current }: ServiceRow,
  { slots, failedSlots, rollbackVersion }: UpdateScope,
  clusterMs: number,
): ServiceLifecycle {
  const common = { startedAtMs: clusterMs, specVersion: current.version, slots, failedSlots };
  if (isRollback(lifecycle)) {
    return newServiceLifecycle({
      ...common,
      updateState: UpdateState.rollbackStarted,
      message: 'rollback in progress',
      failedVersion: lifecycle?.failedVersion ?? 0,
    });
  }
  return newServiceLifecycle({
    ...common,
    updateState: UpdateState.updating,
    message: 'update in progress',
    rollbackVersion,
  });
}

/** The rollback that a user asked for; the spec that the same set writes is the first one that it is about. It begins when the updater sees it. */
export function requestedRollback(service: ServiceRow): ServiceLifecycle {
  return newServiceLifecycle({
    updateState: UpdateState.rollbackStarted,
    message: 'manually requested rollback',
    specVersion: service.current.version + 1,
  });
}

/** The rollback that a failed task brought about; the set that writes this puts the spec back too. */
export function automaticRollback(
  service: ServiceRow,
  taskId: string,
  clusterMs: number,
): ServiceLifecycle {
  return newServiceLifecycle({
    updateState: UpdateState.rollbackStarted,
    message: `update rolled back due to ${becauseOf(taskId)}`,
    startedAtMs: clusterMs,
    specVersion: service.current.version + 1,
    failedVersion: service.current.version,
  });
}

/** `status` as it stands still after a failed task. */
export function pausedStatus(status: ServiceLifecycle, taskId: string): ServiceLifecycle {
  const word = isRollback(status) ? 'rollback' : 'update';
  return {
    ...status,
    updateState: isRollback(status) ? UpdateState.rollbackPaused : UpdateState.paused,
    message: `${word} paused due to ${becauseOf(taskId)}`,
  };
}

/** `status` at the end of all work. Who failed does not matter any more. */
export function completedStatus(status: ServiceLifecycle, clusterMs: number): ServiceLifecycle {
  return {
    ...status,
    updateState: isRollback(status) ? UpdateState.rollbackCompleted : UpdateState.completed,
    message: isRollback(status) ? 'rollback completed' : 'update completed',
    startedAtMs: status.startedAtMs || clusterMs,
    completedAtMs: clusterMs,
    failedSlots: [],
  };
}

function becauseOf(taskId: string): string {
  return `failure or early termination of task ${taskId}`;
}
