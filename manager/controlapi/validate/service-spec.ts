import { ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import {
  encodeServiceSpec,
  EndpointMode,
  PortProtocol,
  PublishMode,
} from '../../../proto/gen/specs.ts';
import type {
  ContainerSpec,
  EndpointSpec,
  HealthConfig,
  PortConfig,
  ResourceLimits,
  RestartPolicy,
  ServiceSpec,
  TaskSpec,
  UpdateConfig,
} from '../../../proto/gen/specs.ts';
import { parseConstraint } from '../../store/constraint.ts';
import { isImageReference } from './image-reference.ts';

/** Smallest limits and reservations, as the Docker API has them. */
const nanoCpusMin = 1e6;
const memoryBytesMin = 4 * 1024 * 1024;
const healthPeriodNsMin = 1e6;
const nameLengthMax = 63;
const portMax = 65_535;

/**
 * Holds a service spec against what can be run. Texts are the Docker API's.
 *
 * @throws ShoalError `invalidSpec {field}`; `notImplemented {field}` for what Shoal does not carry yet
 */
export function checkServiceSpec(spec: ServiceSpec): void {
  checkName(spec.name);
  checkMode(spec);
  checkTask(spec.task);
  checkUpdate(spec.update, 'update');
  checkUpdate(spec.rollback, 'rollback');
  checkEndpoint(spec.endpoint);
  checkSize(spec);
}

function refuse(field: string, message: string): never {
  throw new ShoalError('invalidSpec', message, { fields: { field } });
}

function notYet(field: string): never {
  throw new ShoalError('notImplemented', `${field} is not supported yet`, { fields: { field } });
}

/** The spec travels whole in change sets and in messages to nodes. */
function checkSize(spec: ServiceSpec): void {
  const bytes = encodeServiceSpec(spec).length;
  if (bytes <= limits.serviceSpecBytes) return;
  refuse('Spec', `service spec is too large: ${bytes} bytes, at most ${limits.serviceSpecBytes}`);
}

function checkName(name: string): void {
  if (name === '') refuse('Name', 'meta: name must be provided');
  if (name.length > nameLengthMax) refuse('Name', 'name must be 63 characters or fewer');
  if (!/^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9])*$/.test(name))
    refuse('Name', 'name must be valid as a DNS name component');
}

function checkMode(spec: ServiceSpec): void {
  const mode = spec.mode?.mode;
  switch (mode?.kind) {
    case 'replicated':
      if (mode.value.replicas > limits.serviceReplicas) {
        refuse(
          'Mode.Replicated.Replicas',
          `Mode.Replicated.Replicas must be at most ${limits.serviceReplicas}`,
        );
      }
      return;
    case 'global':
      return;
    case 'replicatedJob':
      return notYet('Mode.ReplicatedJob');
    case 'globalJob':
      return notYet('Mode.GlobalJob');
    case undefined:
      return refuse('Mode', 'must specify a mode for the service');
  }
}

function checkTask(task: TaskSpec | undefined): void {
  if (task?.container === undefined)
    throw new ShoalError('invalidArgument', 'mismatched Runtime and *Spec fields');
  if (task.runtime !== '' && task.runtime !== 'container') notYet('TaskTemplate.Runtime');
  if (task.networks.length > 0) notYet('TaskTemplate.Networks');
  checkContainer(task.container);
  checkLimits(task.limits);
  checkLimits(task.reservations === undefined ? undefined : { ...task.reservations, pids: 0 });
  checkRestart(task.restart);
  for (const constraint of task.placement?.constraints ?? []) checkConstraint(constraint);
}

function checkContainer(container: ContainerSpec): void {
  if (container.image === '')
    refuse('TaskTemplate.ContainerSpec.Image', 'ContainerSpec: image reference must be provided');
  if (!isImageReference(container.image)) {
    refuse(
      'TaskTemplate.ContainerSpec.Image',
      `ContainerSpec: ${JSON.stringify(container.image)} is not a valid repository/tag`,
    );
  }
  const targets = new Set<string>();
  for (const mount of container.mounts) {
    if (mount.target === '')
      refuse('TaskTemplate.ContainerSpec.Mounts', 'ContainerSpec: mount target must be provided');
    if (targets.has(mount.target)) {
      refuse(
        'TaskTemplate.ContainerSpec.Mounts',
        `ContainerSpec: duplicate mount point: ${mount.target}`,
      );
    }
    targets.add(mount.target);
  }
  if ((container.stopGracePeriodNs ?? 0) < 0) {
    refuse(
      'TaskTemplate.ContainerSpec.StopGracePeriod',
      'ContainerSpec: stop-grace-period cannot be negative',
    );
  }
  checkHealth(container.healthcheck);
  checkEnv(container.env);
}

function checkHealth(health: HealthConfig | undefined): void {
  if (health === undefined) return;
  const periods = {
    Interval: health.intervalNs,
    Timeout: health.timeoutNs,
    StartPeriod: health.startPeriodNs,
    StartInterval: health.startIntervalNs,
  };
  for (const [name, periodNs] of Object.entries(periods)) {
    if (periodNs === 0 || periodNs >= healthPeriodNsMin) continue;
    refuse(
      `TaskTemplate.ContainerSpec.Healthcheck.${name}`,
      `ContainerSpec: ${name} in HealthConfig cannot be less than 1ms`,
    );
  }
}

function checkEnv(env: readonly string[]): void {
  for (const line of env) {
    if (line === '' || line.startsWith('=') || line.includes('\0')) {
      refuse(
        'TaskTemplate.ContainerSpec.Env',
        `ContainerSpec: invalid environment variable: ${JSON.stringify(line)}`,
      );
    }
  }
}

function checkLimits(resources: ResourceLimits | undefined): void {
  if (resources === undefined) return;
  const { nanoCpus, memoryBytes, pids } = resources;
  if (nanoCpus !== 0 && nanoCpus < nanoCpusMin) {
    refuse(
      'TaskTemplate.Resources',
      `invalid cpu value ${asGoPrints(nanoCpus / 1e9)}: Must be at least ${nanoCpusMin / 1e9}`,
    );
  }
  if (memoryBytes !== 0 && memoryBytes < memoryBytesMin) {
    refuse('TaskTemplate.Resources', `invalid memory value ${memoryBytes}: Must be at least 4MiB`);
  }
  if (pids < 0)
    refuse('TaskTemplate.Resources', `invalid pids value ${pids}: must be non-negative`);
}

/** Exponents have two digits there. */
function asGoPrints(value: number): string {
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

function checkRestart(restart: RestartPolicy | undefined): void {
  if ((restart?.delayNs ?? 0) < 0)
    refuse('TaskTemplate.RestartPolicy.Delay', 'TaskSpec: restart-delay cannot be negative');
  if ((restart?.windowNs ?? 0) < 0)
    refuse('TaskTemplate.RestartPolicy.Window', 'TaskSpec: restart-window cannot be negative');
}

function checkConstraint(text: string): void {
  const parsed = parseConstraint(text);
  if (parsed.kind === 'invalid') refuse('TaskTemplate.Placement.Constraints', parsed.message);
}

function checkUpdate(update: UpdateConfig | undefined, word: 'update' | 'rollback'): void {
  if (update === undefined) return;
  const part = word === 'update' ? 'UpdateConfig' : 'RollbackConfig';
  if (update.delayNs < 0) refuse(`${part}.Delay`, `TaskSpec: ${word}-delay cannot be negative`);
  if (update.monitorNs < 0)
    refuse(`${part}.Monitor`, `TaskSpec: ${word}-monitor cannot be negative`);
  if (!(update.maxFailureRatio >= 0 && update.maxFailureRatio <= 1)) {
    refuse(
      `${part}.MaxFailureRatio`,
      `TaskSpec: ${word}-maxfailureratio cannot be less than 0 or bigger than 1`,
    );
  }
}

function checkEndpoint(endpoint: EndpointSpec | undefined): void {
  const published = new Set<string>();
  for (const port of endpoint?.ports ?? []) {
    checkPort(port, endpoint?.mode ?? EndpointMode.vip);
    if (port.publishedPort === 0) continue;
    const key = `${port.protocol}/${port.publishedPort}`;
    if (published.has(key))
      refuse('EndpointSpec.Ports', 'EndpointSpec: duplicate published ports provided');
    published.add(key);
  }
}

function checkPort(port: PortConfig, mode: EndpointMode): void {
  const { targetPort, publishedPort, publishMode, protocol } = port;
  if (targetPort < 1 || targetPort > portMax)
    refuse('EndpointSpec.Ports', `EndpointSpec: invalid target port ${targetPort}`);
  if (publishedPort > portMax)
    refuse('EndpointSpec.Ports', `EndpointSpec: invalid published port ${publishedPort}`);
  if (publishMode !== PublishMode.ingress) return;
  if (mode === EndpointMode.dnsrr) {
    refuse(
      'EndpointSpec.Mode',
      "EndpointSpec: port published with ingress mode can't be used with dnsrr mode",
    );
  }
  // Ingress ports are carried by the userland proxy, which speaks TCP.
  if (protocol !== PortProtocol.tcp) notYet('EndpointSpec.Ports.Protocol');
}
