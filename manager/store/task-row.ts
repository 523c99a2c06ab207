import {
  TaskState,
  type Task,
  type TaskDesired,
  type TaskNetwork,
  type TaskPlacement,
  type TaskStatus,
} from '../../proto/gen/objects.ts';
import { newServiceSpec } from '../../proto/gen/specs.ts';
import { asId } from '../../common/pure/ids.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import type { Stamp } from './changes.ts';
import type { SpecRevisionRow, TaskRow, TaskUnknown } from './rows.ts';

/** A task row before others see it. */
type TaskDraft = { -readonly [Key in keyof TaskRow]: TaskRow[Key] };

/** The task that `object` describes, without the versions of its facets. */
export function taskRowOf(object: Task, revision: SpecRevisionRow): TaskDraft {
  const task = emptyTask(object.id, revision);
  task.slot = object.slot;
  task.createdAtMs = object.createdAtMs;
  if (object.unknown !== undefined) setUnknown(task, 'row', object.unknown);
  if (object.desired !== undefined) setDesired(task, object.desired);
  if (object.placement !== undefined) setPlacement(task, object.placement);
  if (object.network !== undefined) setNetwork(task, object.network);
  if (object.status !== undefined) setStatus(task, object.status);
  return task;
}

/** The row of a task that is created by `object`. */
export function createTask(object: Task, revision: SpecRevisionRow, at: Stamp): TaskRow {
  const task = taskRowOf(object, revision);
  if (task.createdAtMs === 0) task.createdAtMs = at.clusterMs;
  task.updatedAtMs = at.clusterMs;
  task.rowVersion = at.revision;
  if (object.desired !== undefined) task.desiredVersion = at.revision;
  if (object.placement !== undefined) task.placementVersion = at.revision;
  if (object.network !== undefined) task.networkVersion = at.revision;
  if (object.status !== undefined) {
    task.statusVersion = at.revision;
    task.appliedAtMs = at.clusterMs;
    task.runningSinceMs = runningSince(task, object.status, at);
  }
  return task;
}

/** `task` with another desired facet. */
export function putTaskDesired(task: TaskRow, value: TaskDesired, at: Stamp): TaskRow {
  const next = changed(task, at);
  setDesired(next, value);
  next.desiredVersion = at.revision;
  return next;
}

/** `task` with another placement; text when it cannot be: a placed task never moves. */
export function putTaskPlacement(
  task: TaskRow,
  value: TaskPlacement | undefined,
  at: Stamp,
): TaskRow | string {
  if (task.nodeId !== '' && task.nodeId !== value?.nodeId) return 'a placed task never moves';
  const next = changed(task, at);
  setPlacement(next, value);
  next.placementVersion = value === undefined ? 0 : at.revision;
  return next;
}

/** `task` with another network facet, or without one. */
export function putTaskNetwork(task: TaskRow, value: TaskNetwork | undefined, at: Stamp): TaskRow {
  const next = changed(task, at);
  setNetwork(next, value);
  next.networkVersion = value === undefined ? 0 : at.revision;
  return next;
}

/** `task` with another status; text when it cannot be: a task's state never goes back. */
export function putTaskStatus(task: TaskRow, value: TaskStatus, at: Stamp): TaskRow | string {
  if (value.state < task.reportedState) return 'the state of a task never goes back';
  const next = changed(task, at);
  setStatus(next, value);
  next.appliedAtMs = at.clusterMs;
  next.runningSinceMs = runningSince(task, value, at);
  next.statusVersion = at.revision;
  return next;
}

function runningSince(task: TaskRow, value: TaskStatus, at: Stamp): number {
  if (task.runningSinceMs > 0 || value.state !== TaskState.running) return task.runningSinceMs;
  return at.clusterMs;
}

/** The object that `task` is the row of; facets that are absent are left out. */
export function taskObject(task: TaskRow): Task {
  const unknown = task.unknown;
  return {
    id: task.id,
    serviceId: task.serviceId,
    slot: task.slot,
    specVersion: task.revision.version,
    createdAtMs: task.createdAtMs,
    desired: task.desiredVersion === 0 ? undefined : desiredOf(task),
    placement: task.placementVersion === 0 ? undefined : placementOf(task),
    network: task.networkVersion === 0 ? undefined : networkOf(task),
    status: task.statusVersion === 0 ? undefined : statusOf(task),
    ...kept(unknown?.row),
  };
}

function desiredOf(task: TaskRow): TaskDesired {
  return {
    state: task.desiredState,
    delaySinceMs: task.delaySinceMs,
    delayMs: task.delayMs,
    byUpdate: task.byUpdate,
    ...kept(task.unknown?.desired),
  };
}

function placementOf(task: TaskRow): TaskPlacement {
  return {
    nodeId: task.nodeId,
    placedAtMs: task.placedAtMs,
    explanation: task.explanation,
    ...kept(task.unknown?.placement),
  };
}

function networkOf(task: TaskRow): TaskNetwork {
  return {
    addresses: task.addresses,
    allocatedAtMs: task.allocatedAtMs,
    error: task.networkError,
    ...kept(task.unknown?.network),
  };
}

function statusOf(task: TaskRow): TaskStatus {
  return {
    state: task.reportedState,
    timestampMs: task.timestampMs,
    message: task.message,
    error: task.error,
    containerId: task.containerId,
    pid: task.pid,
    exitCode: task.exitCode,
    ports: task.ports,
    appliedAtMs: task.appliedAtMs,
    localRestarts: task.localRestarts,
    runningSinceMs: task.runningSinceMs,
    ...kept(task.unknown?.status),
  };
}

function kept(unknown: Uint8Array | undefined): { readonly unknown?: Uint8Array } {
  return unknown === undefined ? {} : { unknown };
}

function setDesired(task: TaskDraft, value: TaskDesired): void {
  task.desiredState = value.state;
  task.delaySinceMs = value.delaySinceMs;
  task.delayMs = value.delayMs;
  task.byUpdate = value.byUpdate;
  setUnknown(task, 'desired', value.unknown);
}

function setPlacement(task: TaskDraft, value: TaskPlacement | undefined): void {
  task.nodeId = asId<'node'>(value?.nodeId ?? '');
  task.placedAtMs = value?.placedAtMs ?? 0;
  task.explanation = value?.explanation ?? '';
  setUnknown(task, 'placement', value?.unknown);
}

function setNetwork(task: TaskDraft, value: TaskNetwork | undefined): void {
  task.addresses = value === undefined || value.addresses.length === 0 ? nothing : value.addresses;
  task.allocatedAtMs = value?.allocatedAtMs ?? 0;
  task.networkError = value?.error ?? '';
  setUnknown(task, 'network', value?.unknown);
}

function setStatus(task: TaskDraft, value: TaskStatus): void {
  task.reportedState = value.state;
  task.timestampMs = value.timestampMs;
  task.message = value.message;
  task.error = value.error;
  task.containerId = value.containerId === task.containerId ? task.containerId : value.containerId;
  task.pid = value.pid;
  task.exitCode = value.exitCode;
  task.ports = value.ports.length === 0 ? nothing : value.ports;
  task.appliedAtMs = value.appliedAtMs;
  task.localRestarts = value.localRestarts;
  task.runningSinceMs = value.runningSinceMs;
  setUnknown(task, 'status', value.unknown);
}

/** Most tasks have no unknown fields, and then nothing is allocated for them. */
function setUnknown(
  task: TaskDraft,
  part: keyof TaskUnknown,
  unknown: Uint8Array | undefined,
): void {
  if (unknown === undefined && task.unknown?.[part] === undefined) return;
  const next = { ...(task.unknown ?? noUnknown), [part]: unknown };
  task.unknown = Object.values(next).some((bytes) => bytes !== undefined) ? next : undefined;
}

const noUnknown: TaskUnknown = {
  row: undefined,
  desired: undefined,
  placement: undefined,
  network: undefined,
  status: undefined,
};

/** Shared by all tasks whose list is empty. */
const nothing: readonly never[] = [];

const noNode: NodeId = asId<'node'>('');

function changed(task: TaskRow, at: Stamp): TaskDraft {
  const next = copyTask(task);
  next.updatedAtMs = at.clusterMs;
  return next;
}

function emptyTask(id: string, revision: SpecRevisionRow): TaskDraft {
  return copyTask({
    id: asId<'task'>(id),
    serviceId: revision.serviceId,
    slot: 0,
    revision,
    createdAtMs: 0,
    updatedAtMs: 0,
    desiredState: 0,
    delaySinceMs: 0,
    delayMs: 0,
    byUpdate: false,
    nodeId: noNode,
    placedAtMs: 0,
    explanation: '',
    addresses: nothing,
    allocatedAtMs: 0,
    networkError: '',
    reportedState: 0,
    timestampMs: 0,
    message: '',
    error: '',
    containerId: '',
    pid: 0,
    exitCode: 0,
    ports: nothing,
    appliedAtMs: 0,
    localRestarts: 0,
    runningSinceMs: 0,
    rowVersion: 0,
    desiredVersion: 0,
    placementVersion: 0,
    networkVersion: 0,
    statusVersion: 0,
    unknown: undefined,
  });
}

/** The only place where task rows are made, so that all have one shape for the engine, with every field in the object itself. */
function copyTask(task: TaskRow): TaskDraft {
  return {
    id: task.id,
    serviceId: task.serviceId,
    slot: task.slot,
    revision: task.revision,
    createdAtMs: task.createdAtMs,
    updatedAtMs: task.updatedAtMs,
    desiredState: task.desiredState,
    delaySinceMs: task.delaySinceMs,
    delayMs: task.delayMs,
    byUpdate: task.byUpdate,
    nodeId: task.nodeId,
    placedAtMs: task.placedAtMs,
    explanation: task.explanation,
    addresses: task.addresses,
    allocatedAtMs: task.allocatedAtMs,
    networkError: task.networkError,
    reportedState: task.reportedState,
    timestampMs: task.timestampMs,
    message: task.message,
    error: task.error,
    containerId: task.containerId,
    pid: task.pid,
    exitCode: task.exitCode,
    ports: task.ports,
    appliedAtMs: task.appliedAtMs,
    localRestarts: task.localRestarts,
    runningSinceMs: task.runningSinceMs,
    rowVersion: task.rowVersion,
    desiredVersion: task.desiredVersion,
    placementVersion: task.placementVersion,
    networkVersion: task.networkVersion,
    statusVersion: task.statusVersion,
    unknown: task.unknown,
  };
}

/** A row whose fields all hold what nobody has set. */
export const noTask: TaskRow = emptyTask('', {
  serviceId: asId<'service'>(''),
  version: 0,
  spec: newServiceSpec(),
  writtenAtMs: 0,
});
