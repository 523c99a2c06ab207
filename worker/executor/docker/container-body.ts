import type {
  ContainerCreateBody,
  EndpointSettings,
  HealthConfigBody,
  HostConfigBody,
  PortBinding,
  StringMap,
} from '../../../common/ports/engine-api.ts';
import { ShoalError } from '../../../common/pure/errors.ts';
import type { Assignment } from '../../../proto/gen/dispatcher.ts';
import {
  portProtocolName,
  type ContainerSpec,
  type HealthConfig,
  type Platform,
  type PortConfig,
  type TaskSpec,
} from '../../../proto/gen/specs.ts';
import { mountBody } from './mount-body.ts';
import { taskLabels, taskName } from './names.ts';
import { expandTemplate, type TemplateContext } from './template.ts';

/** What a task's container takes from the node it runs on. */
export interface NodeFacts {
  readonly nodeId: string;
  readonly hostname: string;
  readonly platform: Platform | undefined;
}

/** A network of the engine that a container joins, with the address it gets there. */
export interface Attachment {
  readonly networkName: string;
  /** IPv4, without prefix length. */
  readonly address: string;
  readonly aliases: readonly string[];
}

/**
 * The container that runs `assignment`, as swarm mode would make it. Only the first attachment is in it: engines before 25 take no more
 * than one at creation.
 *
 * @throws ShoalError `invalidArgument` for an assignment without a container, or a template that does not expand.
 */
export function containerBody(
  assignment: Assignment,
  node: NodeFacts,
  attachments: readonly Attachment[],
): ContainerCreateBody {
  const task = assignment.spec;
  const container = task?.container;
  if (task === undefined || container === undefined) {
    throw new ShoalError('invalidArgument', 'the task has no container');
  }
  const context = templateContext(assignment, node);
  const first = attachments[0];
  return {
    Image: container.image,
    ...processOf(container, context),
    Labels: labelsOf(assignment, container, node.nodeId),
    ...(container.stopSignal === '' ? {} : { StopSignal: container.stopSignal }),
    ...(container.healthcheck === undefined
      ? {}
      : { Healthcheck: healthBody(container.healthcheck) }),
    ExposedPorts: Object.fromEntries(assignment.hostPorts.map((port) => [portKey(port), {}])),
    HostConfig: hostConfig(task, container, {
      context,
      ports: assignment.hostPorts,
      networkName: first?.networkName,
    }),
    ...(first === undefined
      ? {}
      : {
          NetworkingConfig: { EndpointsConfig: { [first.networkName]: endpointSettings(first) } },
        }),
  };
}

/** How a container is attached to one network. */
export function endpointSettings(attachment: Attachment): EndpointSettings {
  return {
    IPAMConfig: { IPv4Address: attachment.address },
    ...(attachment.aliases.length === 0 ? {} : { Aliases: attachment.aliases }),
  };
}

type ProcessBody = Pick<
  ContainerCreateBody,
  'Hostname' | 'User' | 'Env' | 'Entrypoint' | 'Cmd' | 'WorkingDir' | 'Tty' | 'OpenStdin'
>;

/** A command replaces the image's entrypoint and gets the arguments; arguments alone replace its command. */
function processOf(container: ContainerSpec, context: TemplateContext): ProcessBody {
  return {
    Hostname: expandTemplate(container.hostname, 'hostname', context),
    User: container.user,
    Env: container.env.map((line) => expandTemplate(line, 'env', context)),
    WorkingDir: container.dir,
    Tty: container.tty,
    OpenStdin: container.openStdin,
    ...(container.command.length === 0 ? {} : { Entrypoint: container.command }),
    ...(container.args.length === 0 ? {} : { Cmd: container.args }),
  };
}

/** The spec's own labels, and swarm mode's over them. */
function labelsOf(assignment: Assignment, container: ContainerSpec, nodeId: string): StringMap {
  return {
    ...Object.fromEntries(container.labels),
    [taskLabels.nodeId]: nodeId,
    [taskLabels.serviceId]: assignment.serviceId,
    [taskLabels.serviceName]: assignment.serviceName,
    [taskLabels.task]: '',
    [taskLabels.taskId]: assignment.taskId,
    [taskLabels.taskName]: taskName(assignment, nodeId),
  };
}

function healthBody(health: HealthConfig): HealthConfigBody {
  return {
    ...(health.test.length === 0 ? {} : { Test: health.test }),
    Interval: health.intervalNs,
    Timeout: health.timeoutNs,
    StartPeriod: health.startPeriodNs,
    StartInterval: health.startIntervalNs,
    Retries: health.retries,
  };
}

interface HostParts {
  readonly context: TemplateContext;
  readonly ports: readonly PortConfig[];
  readonly networkName: string | undefined;
}

/** The container never restarts by itself: that is the orchestrator's decision. */
function hostConfig(task: TaskSpec, container: ContainerSpec, parts: HostParts): HostConfigBody {
  return {
    ...(parts.networkName === undefined ? {} : { NetworkMode: parts.networkName }),
    RestartPolicy: { Name: 'no' },
    Mounts: container.mounts.map((mount) => mountBody(mount, parts.context)),
    PortBindings: portBindings(parts.ports),
    ...resourcesOf(task),
    Ulimits: container.ulimits.map(({ name, soft, hard }) => ({
      Name: name,
      Soft: soft,
      Hard: hard,
    })),
    Sysctls: Object.fromEntries(container.sysctls),
    CapAdd: container.capabilityAdd,
    CapDrop: container.capabilityDrop,
    GroupAdd: container.groups,
    OomScoreAdj: container.oomScoreAdj,
    ReadonlyRootfs: container.readOnly,
    ...(container.init === undefined ? {} : { Init: container.init }),
    Isolation: container.isolation === '' ? 'default' : container.isolation,
    Dns: container.dns?.nameservers ?? [],
    DnsSearch: container.dns?.search ?? [],
    DnsOptions: container.dns?.options ?? [],
    ExtraHosts: container.hosts.flatMap(extraHosts),
    ...logConfig(task),
  };
}

/** Reservations are the scheduler's: to the kernel they say nothing. */
function resourcesOf({ limits }: TaskSpec): HostConfigBody {
  return {
    NanoCpus: limits?.nanoCpus ?? 0,
    Memory: limits?.memoryBytes ?? 0,
    ...(limits === undefined || limits.pids === 0 ? {} : { PidsLimit: limits.pids }),
  };
}

/** Without a name the options are for the driver that the engine takes by default. */
function logConfig(task: TaskSpec): HostConfigBody {
  const driver = task.logDriver;
  if (driver === undefined) return {};
  return { LogConfig: { Type: driver.name, Config: Object.fromEntries(driver.options) } };
}

/** A line of /etc/hosts ("address name [name ...]") as the engine wants it ("name:address"); see hosts(5). */
function extraHosts(line: string): readonly string[] {
  const [address, ...names] = line.split(/\s+/).filter((part) => part !== '');
  return names.map((name) => `${name}:${address}`);
}

function portKey(port: PortConfig): string {
  return `${port.targetPort}/${portProtocolName(port.protocol)}`;
}

function portBindings(ports: readonly PortConfig[]): Record<string, PortBinding[]> {
  const bindings: Record<string, PortBinding[]> = {};
  for (const port of ports) {
    const hostPort = port.publishedPort === 0 ? '' : String(port.publishedPort);
    (bindings[portKey(port)] ??= []).push({ HostPort: hostPort });
  }
  return bindings;
}

function templateContext(assignment: Assignment, node: NodeFacts): TemplateContext {
  const slot = assignment.slot === 0 ? node.nodeId : String(assignment.slot);
  return {
    values: new Map([
      ['.Service.ID', assignment.serviceId],
      ['.Service.Name', assignment.serviceName],
      ['.Node.ID', node.nodeId],
      ['.Node.Hostname', node.hostname],
      ['.Node.Platform.OS', node.platform?.os ?? ''],
      ['.Node.Platform.Architecture', node.platform?.architecture ?? ''],
      ['.Task.ID', assignment.taskId],
      ['.Task.Name', taskName(assignment, node.nodeId)],
      ['.Task.Slot', slot],
    ]),
    serviceLabels: assignment.serviceLabels,
  };
}
