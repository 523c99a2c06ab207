import { Table } from '../../proto/gen/objects.ts';
import { contentSum, idSum, mix, placedNumber, placedSum, textSum } from './content-sum.ts';
import type { TaskRow } from './rows.ts';
import { noTask } from './task-row.ts';

/** As `rowSumChange`, of a task. Most of what a cluster writes are tasks, so each field is named here: to walk over names takes ten times as long. */
export function taskSumChange(before: TaskRow | undefined, after: TaskRow | undefined): number {
  const place = mix(Table.tasks, idSum((after ?? before ?? noTask).id));
  const presence = Number(after !== undefined) - Number(before !== undefined);
  return (
    (fieldsChange(place, before ?? noTask, after ?? noTask) +
      (presence === 0 ? 0 : Math.imul(presence, mix(place, 1)))) |
    0
  );
}

function fieldsChange(place: number, before: TaskRow, after: TaskRow): number {
  let sum = 0;
  sum += text(place, 1, before.serviceId, after.serviceId);
  sum += number(place, 2, before.slot, after.slot);
  sum += number(place, 3, before.revision.version, after.revision.version);
  sum += number(place, 4, before.createdAtMs, after.createdAtMs);
  sum += number(place, 5, before.updatedAtMs, after.updatedAtMs);
  sum += number(place, 6, before.desiredState, after.desiredState);
  sum += number(place, 7, before.delaySinceMs, after.delaySinceMs);
  sum += number(place, 8, before.delayMs, after.delayMs);
  sum += number(place, 9, Number(before.byUpdate), Number(after.byUpdate));
  sum += text(place, 10, before.nodeId, after.nodeId);
  sum += number(place, 11, before.placedAtMs, after.placedAtMs);
  sum += text(place, 12, before.explanation, after.explanation);
  sum += any(place, 13, before.addresses, after.addresses);
  sum += number(place, 14, before.allocatedAtMs, after.allocatedAtMs);
  sum += text(place, 15, before.networkError, after.networkError);
  return (sum + statusChange(place, before, after)) | 0;
}

function statusChange(place: number, before: TaskRow, after: TaskRow): number {
  let sum = number(place, 16, before.reportedState, after.reportedState);
  sum += number(place, 17, before.timestampMs, after.timestampMs);
  sum += text(place, 18, before.message, after.message);
  sum += text(place, 19, before.error, after.error);
  sum += text(place, 20, before.containerId, after.containerId);
  sum += number(place, 21, before.pid, after.pid);
  sum += number(place, 22, before.exitCode, after.exitCode);
  sum += any(place, 23, before.ports, after.ports);
  sum += number(place, 24, before.appliedAtMs, after.appliedAtMs);
  sum += number(place, 25, before.localRestarts, after.localRestarts);
  sum += number(place, 26, before.runningSinceMs, after.runningSinceMs);
  sum += number(place, 27, before.rowVersion, after.rowVersion);
  sum += number(place, 28, before.desiredVersion, after.desiredVersion);
  sum += number(place, 29, before.placementVersion, after.placementVersion);
  sum += number(place, 30, before.networkVersion, after.networkVersion);
  sum += number(place, 31, before.statusVersion, after.statusVersion);
  return (sum + any(place, 32, before.unknown, after.unknown)) | 0;
}

function number(place: number, field: number, before: number, after: number): number {
  if (before === after) return 0;
  const at = fieldPlace(place, field);
  return (placedNumber(at, after) - placedNumber(at, before)) | 0;
}

function text(place: number, field: number, before: string, after: string): number {
  if (before === after) return 0;
  const at = fieldPlace(place, field);
  return (placedSum(at, textSum(after)) - placedSum(at, textSum(before))) | 0;
}

function any(place: number, field: number, before: unknown, after: unknown): number {
  if (before === after) return 0;
  const at = fieldPlace(place, field);
  return (placedSum(at, contentSum(after)) - placedSum(at, contentSum(before))) | 0;
}

function fieldPlace(place: number, field: number): number {
  return (place + Math.imul(field, 0x9e3779b1)) | 0;
}
