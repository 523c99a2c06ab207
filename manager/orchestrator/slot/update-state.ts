import { UpdateState, type ServiceLifecycle } from '../../../proto/gen/objects.ts';

/** True while tasks are being replaced: by an update, or by a rollback. */
export function isInProgress(status: ServiceLifecycle | undefined): boolean {
  return (
    status?.updateState === UpdateState.updating ||
    status?.updateState === UpdateState.rollbackStarted
  );
}
