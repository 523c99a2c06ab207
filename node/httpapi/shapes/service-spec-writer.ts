import type {
  EndpointSpec,
  Placement,
  PortConfig,
  RestartPolicy,
  ServiceMode,
  ServiceSpec,
  TaskSpec,
  UpdateConfig,
} from '../../../proto/gen/specs.ts';
import { writeContainerSpec } from './container-spec-writer.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import { writeLogDriver } from './log-driver.ts';
import { omit, textRecord } from '../../../proto/http/omit.ts';
import { containerRuntime } from './service-spec-reader.ts';
import {
  endpointModeWords,
  failureActionWords,
  protocolWords,
  publishModeWords,
  restartConditionWords,
  updateOrderWords,
  wordOf,
} from './words.ts';

/** A ServiceSpec as the Docker API shows it. */
export function writeServiceSpec(spec: ServiceSpec): JsonRecord {
  return {
    Name: omit.text(spec.name),
    Labels: textRecord(spec.labels),
    TaskTemplate: spec.task === undefined ? {} : writeTaskTemplate(spec.task),
    Mode: writeMode(spec.mode),
    UpdateConfig: writeUpdateConfig(spec.update),
    RollbackConfig: writeUpdateConfig(spec.rollback),
    EndpointSpec: spec.endpoint === undefined ? undefined : writeEndpointSpec(spec.endpoint),
  };
}

/** A task's spec as the Docker API shows it in services. */
export function writeTaskTemplate(task: TaskSpec): JsonRecord {
  return { ...writeTaskSpec(task), Runtime: task.runtime || containerRuntime };
}

/** A task's spec as the Docker API shows it in tasks. */
export function writeTaskSpec(task: TaskSpec): JsonRecord {
  return {
    ContainerSpec: task.container === undefined ? undefined : writeContainerSpec(task.container),
    Resources: writeResources(task),
    RestartPolicy: writeRestartPolicy(task.restart),
    Placement: writePlacement(task.placement),
    Networks: omit.empty(
      task.networks.map((network) => ({
        Target: omit.text(network.target),
        Aliases: omit.empty(network.aliases),
        DriverOpts: omit.emptyMap(network.driverOptions),
      })),
    ),
    LogDriver: writeLogDriver(task.logDriver),
    ForceUpdate: task.forceUpdate,
  };
}

export function writeEndpointSpec(endpoint: EndpointSpec): JsonRecord {
  return {
    Mode: wordOf(endpointModeWords, endpoint.mode),
    Ports: omit.empty(endpoint.ports.map(writePort)),
  };
}

export function writePort(port: PortConfig): JsonRecord {
  return {
    Name: omit.text(port.name),
    Protocol: wordOf(protocolWords, port.protocol),
    TargetPort: omit.zero(port.targetPort),
    PublishedPort: omit.zero(port.publishedPort),
    PublishMode: wordOf(publishModeWords, port.publishMode),
  };
}

function writeMode(mode: ServiceMode | undefined): JsonRecord {
  switch (mode?.mode?.kind) {
    case 'replicated':
      return { Replicated: { Replicas: mode.mode.value.replicas } };
    case 'global':
      return { Global: {} };
    case 'replicatedJob': {
      const { maxConcurrent, totalCompletions } = mode.mode.value;
      return {
        ReplicatedJob: { MaxConcurrent: maxConcurrent, TotalCompletions: totalCompletions },
      };
    }
    case 'globalJob':
      return { GlobalJob: {} };
    case undefined:
      return {};
  }
}

function writeResources({ limits, reservations }: TaskSpec): JsonRecord | undefined {
  if (limits === undefined && reservations === undefined) return undefined;
  return {
    Limits:
      limits === undefined
        ? undefined
        : {
            NanoCPUs: omit.zero(limits.nanoCpus),
            MemoryBytes: omit.zero(limits.memoryBytes),
            Pids: omit.zero(limits.pids),
          },
    Reservations:
      reservations === undefined
        ? undefined
        : {
            NanoCPUs: omit.zero(reservations.nanoCpus),
            MemoryBytes: omit.zero(reservations.memoryBytes),
          },
  };
}

function writeRestartPolicy(policy: RestartPolicy | undefined): JsonRecord | undefined {
  if (policy === undefined) return undefined;
  return {
    Condition: wordOf(restartConditionWords, policy.condition),
    Delay: policy.delayNs,
    MaxAttempts: policy.maxAttempts ?? 0,
    Window: policy.windowNs,
  };
}

function writePlacement(placement: Placement | undefined): JsonRecord | undefined {
  if (placement === undefined) return undefined;
  return {
    Constraints: omit.empty(placement.constraints),
    Preferences: omit.empty(
      placement.spreadPreferences.map((label) => ({ Spread: { SpreadDescriptor: label } })),
    ),
    MaxReplicas: omit.zero(placement.maxReplicas),
    Platforms: omit.empty(
      placement.platforms.map(({ architecture, os }) => ({
        Architecture: omit.text(architecture),
        OS: omit.text(os),
      })),
    ),
  };
}

function writeUpdateConfig(config: UpdateConfig | undefined): JsonRecord | undefined {
  if (config === undefined) return undefined;
  return {
    Parallelism: config.parallelism,
    Delay: omit.zero(config.delayNs),
    FailureAction: wordOf(failureActionWords, config.failureAction),
    Monitor: omit.zero(config.monitorNs),
    MaxFailureRatio: config.maxFailureRatio,
    Order: wordOf(updateOrderWords, config.order),
  };
}
