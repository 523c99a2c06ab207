import { UpdateState, type ServiceLifecycle } from '../../../proto/gen/objects.ts';
import type { ServiceRow, TaskRow } from '../../store/rows.ts';

/** True while tasks are being replaced: by an update, or by a rollback. */
export function isInProgress(status: ServiceLifecycle | undefined): boolean {
  return (
    status?.updateState === UpdateState.updating ||
    status?.updateState === UpdateState.rollbackStarted
  );
}

/** True when what replaces `task` belongs to the update that runs: it takes another spec to the slot, or is there for one that did. */
export function isUpdated(service: ServiceRow, task: TaskRow): boolean {
  if (!isInProgress(service.lifecycle)) return false;
  return task.byUpdate || task.revision.spec.task !== service.current.spec.task;
}
