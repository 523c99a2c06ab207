import { equalBytes } from '../../../common/pure/bytes.ts';
import { ShoalError } from '../../../common/pure/errors.ts';
import {
  encodeContainerSpec,
  encodeEndpointSpec,
  encodeTaskSpec,
  newContainerSpec,
  newEndpointSpec,
  newTaskSpec,
} from '../../../proto/gen/specs.ts';
import type { ContainerSpec, ServiceSpec, TaskSpec } from '../../../proto/gen/specs.ts';

/**
 * Holds an update against what may change: replicas, labels and the configuration of updates.
 *
 * @throws ShoalError `notImplemented {field}`: for ever (name, mode), or until rolling updates are there (the task template, the ports)
 */
export function checkServiceUpdate(before: ServiceSpec, after: ServiceSpec): void {
  if (before.name !== after.name) refuse('Name', 'renaming services is not supported');
  if (before.mode?.mode?.kind !== after.mode?.mode?.kind)
    refuse('Mode', 'service mode change is not allowed');
  checkTaskUpdate(before.task ?? newTaskSpec(), after.task ?? newTaskSpec());
  const endpoints = [before.endpoint, after.endpoint].map((endpoint) =>
    encodeEndpointSpec(endpoint ?? newEndpointSpec()),
  );
  if (!same(endpoints)) refuseYet('EndpointSpec');
}

function refuse(field: string, message: string): never {
  throw new ShoalError('notImplemented', message, { fields: { field } });
}

function refuseYet(field: string): never {
  refuse(
    field,
    `changing ${field} of a service is not supported yet; remove the service and create it again`,
  );
}

function same(pair: readonly Uint8Array[]): boolean {
  const [before, after] = pair;
  return before !== undefined && after !== undefined && equalBytes(before, after);
}

function checkTaskUpdate(before: TaskSpec, after: TaskSpec): void {
  if (same([encodeTaskSpec(before), encodeTaskSpec(after)])) return;
  checkContainerUpdate(
    before.container ?? newContainerSpec(),
    after.container ?? newContainerSpec(),
  );
  if (before.forceUpdate !== after.forceUpdate) refuseYet('TaskTemplate.ForceUpdate');
  refuseYet(`TaskTemplate.${changedPart(before, after)}`);
}

function checkContainerUpdate(before: ContainerSpec, after: ContainerSpec): void {
  if (same([encodeContainerSpec(before), encodeContainerSpec(after)])) return;
  if (before.image !== after.image) refuseYet('TaskTemplate.ContainerSpec.Image');
  if (before.env.join('\n') !== after.env.join('\n')) refuseYet('TaskTemplate.ContainerSpec.Env');
  refuseYet('TaskTemplate.ContainerSpec');
}

/** The first part of the task template that differs, by its name in the API. */
function changedPart(before: TaskSpec, after: TaskSpec): string {
  const parts: readonly (readonly [string, Partial<TaskSpec>, Partial<TaskSpec>])[] = [
    [
      'Resources',
      { limits: before.limits, reservations: before.reservations },
      { limits: after.limits, reservations: after.reservations },
    ],
    ['RestartPolicy', { restart: before.restart }, { restart: after.restart }],
    ['Placement', { placement: before.placement }, { placement: after.placement }],
    ['Networks', { networks: before.networks }, { networks: after.networks }],
    ['LogDriver', { logDriver: before.logDriver }, { logDriver: after.logDriver }],
  ];
  const changed = parts.find(
    ([, old, now]) => !same([encodeTaskSpec(newTaskSpec(old)), encodeTaskSpec(newTaskSpec(now))]),
  );
  return changed?.[0] ?? 'Runtime';
}
