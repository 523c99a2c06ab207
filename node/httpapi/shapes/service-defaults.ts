import {
  newContainerSpec,
  newDnsConfig,
  newPlacement,
  newRestartPolicy,
  newTaskSpec,
  newUpdateConfig,
  type ServiceSpec,
  type TaskSpec,
  type UpdateConfig,
} from '../../../proto/gen/specs.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import { writeServiceSpec, writeTaskTemplate } from './service-spec-writer.ts';

const second = 1_000_000_000;

const updateDefaults: UpdateConfig = newUpdateConfig({ parallelism: 1, monitorNs: 5 * second });

/** A ServiceSpec with what is in force where it says nothing, as `insertDefaults=true` shows it. */
export function writeWithDefaults(spec: ServiceSpec): JsonRecord {
  const task = taskWithDefaults(spec.task ?? newTaskSpec());
  const { update = updateDefaults, rollback = updateDefaults } = spec;
  const written = writeServiceSpec({ ...spec, task, update, rollback });
  const template = writeTaskTemplate(task);
  return { ...written, TaskTemplate: { ...template, Resources: template['Resources'] ?? {} } };
}

function taskWithDefaults(task: TaskSpec): TaskSpec {
  const container = task.container ?? newContainerSpec();
  const restart = task.restart ?? newRestartPolicy();
  return {
    ...task,
    container: {
      ...container,
      stopGracePeriodNs: container.stopGracePeriodNs ?? 10 * second,
      dns: container.dns ?? newDnsConfig(),
    },
    restart: { ...restart, delayNs: restart.delayNs ?? 5 * second },
    placement: task.placement ?? newPlacement(),
  };
}
