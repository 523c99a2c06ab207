import type { ServiceLifecycle } from '../../../proto/gen/objects.ts';
import {
  UpdateFailureAction,
  UpdateOrder,
  type ServiceSpec,
  type UpdateConfig,
} from '../../../proto/gen/specs.ts';
import { isRollback } from './update-status.ts';

/** How slots are replaced, with what is in force where the spec says nothing. */
export interface UpdateSettings {
  /** Slots at the same time; infinite = all. */
  readonly parallelism: number;
  /** Pause of a worker between two slots. */
  readonly delayMs: number;
  readonly failureAction: UpdateFailureAction;
  /** How long a task is watched after it began to run. */
  readonly monitorMs: number;
  readonly maxFailureRatio: number;
  readonly order: UpdateOrder;
}

const nanosecondsPerMillisecond = 1_000_000;
const monitorMsDefault = 5000;

/** What `spec` asks for: of an update, or of a rollback while `status` says that one runs. Defaults are swarm mode's. */
export function settingsOf(
  spec: ServiceSpec,
  status: ServiceLifecycle | undefined,
): UpdateSettings {
  const isBack = isRollback(status);
  return {
    ...timing(isBack ? spec.rollback : spec.update),
    failureAction: failureActionOf(isBack ? spec.rollback : spec.update, isBack),
  };
}

function timing(config: UpdateConfig | undefined): Omit<UpdateSettings, 'failureAction'> {
  const parallelism = config?.parallelism ?? 1;
  return {
    parallelism: parallelism === 0 ? Infinity : parallelism,
    delayMs: milliseconds(config?.delayNs ?? 0),
    monitorMs: milliseconds(config?.monitorNs ?? 0) || monitorMsDefault,
    maxFailureRatio: config?.maxFailureRatio ?? 0,
    order: config?.order ?? UpdateOrder.stopFirst,
  };
}

/** A rollback that fails has nowhere to go back to: it pauses. */
function failureActionOf(config: UpdateConfig | undefined, isBack: boolean): UpdateFailureAction {
  const action = config?.failureAction ?? UpdateFailureAction.updatePause;
  const isNowhere = isBack && action === UpdateFailureAction.updateRollback;
  return isNowhere ? UpdateFailureAction.updatePause : action;
}

function milliseconds(nanoseconds: number): number {
  return Math.max(0, Math.ceil(nanoseconds / nanosecondsPerMillisecond));
}
