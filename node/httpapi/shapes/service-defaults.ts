import {
  newContainerSpec,
  newDnsConfig,
  newPlacement,
  newResourceLimits,
  newResourceReservations,
  newRestartPolicy,
  newTaskSpec,
  newUpdateConfig,
  type ServiceSpec,
  type TaskSpec,
  type UpdateConfig,
} from '../../../proto/gen/specs.ts';

const second = 1_000_000_000;

const updateDefaults: UpdateConfig = newUpdateConfig({ parallelism: 1, monitorNs: 5 * second });

/** `spec` with what is in force where it says nothing, as `insertDefaults=true` shows it. */
export function withDefaults(spec: ServiceSpec): ServiceSpec {
  return {
    ...spec,
    task: taskWithDefaults(spec.task ?? newTaskSpec()),
    update: spec.update ?? updateDefaults,
    rollback: spec.rollback ?? updateDefaults,
  };
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
    limits: task.limits ?? newResourceLimits(),
    reservations: task.reservations ?? newResourceReservations(),
    restart: { ...restart, delayNs: restart.delayNs ?? 5 * second },
    placement: task.placement ?? newPlacement(),
  };
}
