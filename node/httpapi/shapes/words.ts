import {
  NodeState,
  type TaskState,
  taskStateName,
  UpdateState,
} from '../../../proto/gen/objects.ts';
import {
  EndpointMode,
  MountType,
  NodeAvailability,
  NodeRole,
  PortProtocol,
  PublishMode,
  RestartCondition,
  UpdateFailureAction,
  UpdateOrder,
} from '../../../proto/gen/specs.ts';

/** The words of the Docker API for the numbers of the contract. */
export const roleWords: Readonly<Record<string, NodeRole>> = {
  worker: NodeRole.worker,
  manager: NodeRole.manager,
};

export const availabilityWords: Readonly<Record<string, NodeAvailability>> = {
  active: NodeAvailability.active,
  pause: NodeAvailability.pause,
  drain: NodeAvailability.drain,
};

export const failureActionWords: Readonly<Record<string, UpdateFailureAction>> = {
  pause: UpdateFailureAction.updatePause,
  continue: UpdateFailureAction.updateContinue,
  rollback: UpdateFailureAction.updateRollback,
};

export const updateOrderWords: Readonly<Record<string, UpdateOrder>> = {
  'stop-first': UpdateOrder.stopFirst,
  'start-first': UpdateOrder.startFirst,
};

export const endpointModeWords: Readonly<Record<string, EndpointMode>> = {
  vip: EndpointMode.vip,
  dnsrr: EndpointMode.dnsrr,
};

export const protocolWords: Readonly<Record<string, PortProtocol>> = {
  tcp: PortProtocol.tcp,
  udp: PortProtocol.udp,
  sctp: PortProtocol.sctp,
};

export const publishModeWords: Readonly<Record<string, PublishMode>> = {
  ingress: PublishMode.ingress,
  host: PublishMode.host,
};

export const restartConditionWords: Readonly<Record<string, RestartCondition>> = {
  any: RestartCondition.restartAny,
  none: RestartCondition.restartNone,
  'on-failure': RestartCondition.restartOnFailure,
};

export const mountTypeWords: Readonly<Record<string, MountType>> = {
  bind: MountType.bind,
  volume: MountType.volume,
  tmpfs: MountType.tmpfs,
};

export const nodeStateWords: Readonly<Record<string, NodeState>> = {
  unknown: NodeState.nodeUnknown,
  down: NodeState.nodeDown,
  ready: NodeState.nodeReady,
  disconnected: NodeState.nodeDisconnected,
};

export const updateStateWords: Readonly<Record<string, UpdateState>> = {
  updating: UpdateState.updating,
  paused: UpdateState.paused,
  completed: UpdateState.completed,
  rollback_started: UpdateState.rollbackStarted,
  rollback_paused: UpdateState.rollbackPaused,
  rollback_completed: UpdateState.rollbackCompleted,
};

/** The word for `value`; the number itself when this version has none for it. */
export function wordOf(table: Readonly<Record<string, number>>, value: number): string {
  const entry = Object.entries(table).find(([, number]) => number === value);
  return entry?.[0] ?? String(value);
}

/** `running`, `shutdown`, ... as the Docker API writes the states of tasks. */
export function taskStateWord(state: TaskState): string {
  return taskStateName(state);
}
