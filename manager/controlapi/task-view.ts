import type { TaskView } from '../../common/ports/cluster-api.ts';
import { newTaskStatus, TaskState } from '../../proto/gen/objects.ts';
import type { TaskStatus } from '../../proto/gen/objects.ts';
import { newTaskSpec } from '../../proto/gen/specs.ts';
import type { TaskRow } from '../store/rows.ts';
import { taskError, taskState } from '../store/task-state.ts';

/** A task as the API shows it. */
export function taskView(task: TaskRow): TaskView {
  const { spec } = task.revision;
  return {
    meta: {
      id: task.id,
      version: Math.max(
        task.rowVersion,
        task.desiredVersion,
        task.placementVersion,
        task.networkVersion,
        task.statusVersion,
      ),
      createdAtMs: task.createdAtMs,
      updatedAtMs: task.updatedAtMs,
    },
    serviceId: task.serviceId,
    serviceName: spec.name,
    serviceLabels: spec.labels,
    slot: task.slot,
    nodeId: task.nodeId,
    spec: spec.task ?? newTaskSpec(),
    specVersion: task.revision.version,
    desiredState: task.desiredState,
    status: shownStatus(task),
    addresses: task.addresses,
  };
}

/** The status with the state that follows from all facets; words and times of NEW, PENDING and ASSIGNED are swarm mode's. */
function shownStatus(task: TaskRow): TaskStatus {
  const state = taskState(task);
  const implied = impliedMessage(task, state);
  return newTaskStatus({
    state,
    timestampMs: shownTimestampMs(task, state),
    message: task.message === '' ? implied : task.message,
    error: taskError(task),
    containerId: task.containerId,
    pid: task.pid,
    exitCode: task.exitCode,
    ports: task.ports,
    appliedAtMs: task.appliedAtMs,
    localRestarts: task.localRestarts,
  });
}

function shownTimestampMs(task: TaskRow, state: TaskState): number {
  if (task.timestampMs > 0) return task.timestampMs;
  if (state === TaskState.assigned) return task.placedAtMs;
  return state === TaskState.pending ? task.allocatedAtMs : task.createdAtMs;
}

function impliedMessage(task: TaskRow, state: TaskState): string {
  if (state === TaskState.assigned) {
    return task.slot === 0
      ? 'scheduler confirmed task can run on preassigned node'
      : 'scheduler assigned task to node';
  }
  return state === TaskState.pending ? 'pending task scheduling' : 'created';
}
