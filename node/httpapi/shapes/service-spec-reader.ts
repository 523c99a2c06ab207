import {
  type EndpointSpec,
  EndpointMode,
  newEndpointSpec,
  newGlobalJobMode,
  newGlobalMode,
  newPlacement,
  newPlatform,
  newPortConfig,
  newReplicatedJobMode,
  newReplicatedMode,
  newResourceLimits,
  newResourceReservations,
  newRestartPolicy,
  newServiceMode,
  newServiceSpec,
  newTaskSpec,
  newUpdateConfig,
  type Placement,
  type PortConfig,
  PortProtocol,
  PublishMode,
  RestartCondition,
  type RestartPolicy,
  type ServiceMode,
  type ServiceSpec,
  type TaskSpec,
  type UpdateConfig,
  UpdateFailureAction,
  UpdateOrder,
} from '../../../proto/gen/specs.ts';
import { ShoalError } from '../../../common/pure/errors.ts';
import { readContainerSpec } from './container-spec-reader.ts';
import type { JsonFields } from '../../../proto/http/json-fields.ts';
import { readLogDriver } from './log-driver.ts';
import {
  endpointModeWords,
  failureActionWords,
  protocolWords,
  publishModeWords,
  restartConditionWords,
  updateOrderWords,
} from './words.ts';

/** Runtime of a task that is a container. */
export const containerRuntime = 'container';

/**
 * Reads a ServiceSpec of the Docker API. What the contract has no field for must have been refused before (`refuseUnsupported`).
 *
 * What Docker fills in by itself is filled in here too, so that a spec which was shown and comes back is the same spec.
 * @throws ShoalError `invalidArgument {field}`
 */
export function readServiceSpec(spec: JsonFields): ServiceSpec {
  const task = spec.child('TaskTemplate');
  const endpoint = spec.child('EndpointSpec');
  return newServiceSpec({
    name: spec.text('Name'),
    labels: spec.textMap('Labels'),
    task: task === undefined ? newTaskSpec() : readTaskSpec(task),
    mode: readMode(spec.child('Mode')),
    update: readUpdateConfig(spec.child('UpdateConfig')),
    rollback: readUpdateConfig(spec.child('RollbackConfig')),
    endpoint: endpoint === undefined ? undefined : readEndpointSpec(endpoint),
  });
}

const modes = ['Replicated', 'Global', 'ReplicatedJob', 'GlobalJob'] as const;

/** Without a mode one replica, as Docker has it. */
function readMode(mode: JsonFields | undefined): ServiceMode {
  if (modes.filter((name) => mode?.has(name)).length > 1)
    throw new ShoalError('invalidArgument', 'must specify only one service mode');
  const job = mode?.child('ReplicatedJob');
  if (mode?.has('Global'))
    return newServiceMode({ mode: { kind: 'global', value: newGlobalMode() } });
  if (mode?.has('GlobalJob')) {
    return newServiceMode({ mode: { kind: 'globalJob', value: newGlobalJobMode() } });
  }
  if (job !== undefined) {
    const maxConcurrent = job.optionalCount('MaxConcurrent') ?? 1;
    const totalCompletions = job.optionalCount('TotalCompletions') ?? maxConcurrent;
    const value = newReplicatedJobMode({ maxConcurrent, totalCompletions });
    return newServiceMode({ mode: { kind: 'replicatedJob', value } });
  }
  const replicas = mode?.child('Replicated')?.optionalCount('Replicas') ?? 1;
  return newServiceMode({ mode: { kind: 'replicated', value: newReplicatedMode({ replicas }) } });
}

function readTaskSpec(task: JsonFields): TaskSpec {
  const container = task.child('ContainerSpec');
  const runtime = task.text('Runtime') || containerRuntime;
  if (runtime !== containerRuntime) throw new ShoalError('invalidArgument', 'unsupported runtime');
  const resources = task.child('Resources');
  const reservations = resources?.child('Reservations');
  const resourceLimits = resources?.child('Limits');
  return newTaskSpec({
    container: container === undefined ? undefined : readContainerSpec(container),
    limits:
      resourceLimits === undefined
        ? undefined
        : newResourceLimits({
            nanoCpus: resourceLimits.integer('NanoCPUs'),
            memoryBytes: resourceLimits.integer('MemoryBytes'),
            pids: resourceLimits.integer('Pids'),
          }),
    reservations:
      reservations === undefined
        ? undefined
        : newResourceReservations({
            nanoCpus: reservations.integer('NanoCPUs'),
            memoryBytes: reservations.integer('MemoryBytes'),
          }),
    restart: readRestartPolicy(task.child('RestartPolicy')),
    placement: readPlacement(task.child('Placement')),
    logDriver: readLogDriver(task.child('LogDriver')),
    forceUpdate: task.count('ForceUpdate'),
    runtime,
  });
}

function readRestartPolicy(policy: JsonFields | undefined): RestartPolicy | undefined {
  if (policy === undefined) return undefined;
  return newRestartPolicy({
    condition: policy.choice(
      'Condition',
      'RestartCondition',
      restartConditionWords,
      RestartCondition.restartAny,
    ),
    delayNs: policy.optionalInteger('Delay'),
    maxAttempts: policy.count('MaxAttempts'),
    windowNs: policy.optionalInteger('Window'),
  });
}

function readPlacement(placement: JsonFields | undefined): Placement | undefined {
  if (placement === undefined) return undefined;
  return newPlacement({
    constraints: placement.texts('Constraints'),
    spreadPreferences: placement
      .children('Preferences')
      .map((preference) => preference.child('Spread')?.text('SpreadDescriptor') ?? ''),
    maxReplicas: placement.count('MaxReplicas'),
    platforms: placement
      .children('Platforms')
      .map((platform) =>
        newPlatform({ architecture: platform.text('Architecture'), os: platform.text('OS') }),
      ),
  });
}

function readUpdateConfig(config: JsonFields | undefined): UpdateConfig | undefined {
  if (config === undefined) return undefined;
  return newUpdateConfig({
    parallelism: config.count('Parallelism'),
    delayNs: config.integer('Delay'),
    failureAction: config.choice(
      'FailureAction',
      'update failure action',
      failureActionWords,
      UpdateFailureAction.updatePause,
    ),
    monitorNs: config.integer('Monitor'),
    maxFailureRatio: config.number('MaxFailureRatio'),
    order: config.choice('Order', 'update order', updateOrderWords, UpdateOrder.stopFirst),
  });
}

function readEndpointSpec(endpoint: JsonFields): EndpointSpec {
  return newEndpointSpec({
    mode: endpoint.choice('Mode', 'resolution mode', endpointModeWords, EndpointMode.vip),
    ports: endpoint.children('Ports').map(readPort),
  });
}

function readPort(port: JsonFields): PortConfig {
  return newPortConfig({
    name: port.text('Name'),
    protocol: port.choice('Protocol', 'PortConfigProtocol', protocolWords, PortProtocol.tcp),
    targetPort: port.count32('TargetPort'),
    publishedPort: port.count32('PublishedPort'),
    publishMode: port.choice(
      'PublishMode',
      'PortConfigPublishMode',
      publishModeWords,
      PublishMode.ingress,
    ),
  });
}
