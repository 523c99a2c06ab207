import { parseRfc3339 } from '../../common/pure/rfc3339.ts';
import { at, isTrueAt, type Json, listAt, numberAt, textAt } from './reading.ts';

/** A published port, of a service or of one task. */
export interface PortView {
  readonly protocol: string;
  readonly targetPort: number;
  readonly publishedPort: number;
  readonly publishMode: string;
}

export type ServiceMode = 'replicated' | 'global' | 'replicated job' | 'global job';

/** What the client shows of a service. */
export interface ServiceView {
  readonly id: string;
  readonly name: string;
  readonly mode: ServiceMode;
  readonly image: string;
  /** Wanted tasks by the spec; `undefined` where the mode has no such number. */
  readonly replicas: number | undefined;
  /** At most so many tasks on one node; 0 without a bound. */
  readonly maxPerNode: number;
  readonly ports: readonly PortView[];
  /** Counts of tasks; `undefined` when the answer carried none. */
  readonly status: ServiceStatusView | undefined;
  /** State and message of a rolling update; empty without one. */
  readonly updateState: string;
  readonly updateMessage: string;
  /** How long tasks must stay up before the service counts as converged; `undefined` if the spec is silent. */
  readonly monitorMs: number | undefined;
}

export interface ServiceStatusView {
  readonly running: number;
  readonly desired: number;
  readonly completed: number;
}

/** What the client shows of a task. */
export interface TaskView {
  readonly id: string;
  readonly serviceId: string;
  readonly nodeId: string;
  /** From 1; 0 for tasks that belong to a node instead of a slot. */
  readonly slot: number;
  readonly image: string;
  readonly state: string;
  readonly desiredState: string;
  /** Why the task failed or waits; empty otherwise. */
  readonly error: string;
  readonly ports: readonly PortView[];
  /** When the task was made, in milliseconds since the Unix epoch; 0 if unknown. */
  readonly createdMs: number;
  /** When its state last changed; 0 if unknown. */
  readonly changedMs: number;
}

/** What the client shows of a node. */
export interface NodeView {
  readonly id: string;
  readonly hostname: string;
  readonly state: string;
  readonly message: string;
  readonly availability: string;
  readonly engineVersion: string;
  /** `undefined` for a worker. */
  readonly manager: ManagerView | undefined;
}

export interface ManagerView {
  readonly isLeader: boolean;
  readonly reachability: string;
  readonly address: string;
}

/** What the client shows of the machine that it talks to. */
export interface InfoView {
  readonly hostname: string;
  readonly engineVersion: string;
  readonly nodeId: string;
  readonly nodeAddress: string;
  /** `inactive`, `pending`, `active`, `error` or `locked`. */
  readonly swarmState: string;
  readonly isManager: boolean;
  readonly error: string;
  readonly nodes: number;
  readonly managers: number;
  readonly clusterId: string;
  readonly remoteManagers: readonly string[];
  readonly warnings: readonly string[];
}

const nanosecondsPerMs = 1_000_000;

/** Reads a service as the API gives it; what is missing reads as empty. */
export function readService(value: Json): ServiceView {
  const mode = readMode(value);
  const template = at(value, 'Spec', 'TaskTemplate');
  const monitor = numberAt(value, 'Spec', 'UpdateConfig', 'Monitor');
  return {
    id: textAt(value, 'ID'),
    name: textAt(value, 'Spec', 'Name'),
    mode,
    image: textAt(template, 'ContainerSpec', 'Image'),
    replicas: readReplicas(value, mode),
    maxPerNode: numberAt(template, 'Placement', 'MaxReplicas') ?? 0,
    ports: listAt(value, 'Endpoint', 'Ports').map(readPort),
    status: readServiceStatus(value),
    updateState: textAt(value, 'UpdateStatus', 'State'),
    updateMessage: textAt(value, 'UpdateStatus', 'Message'),
    monitorMs: monitor === undefined || monitor <= 0 ? undefined : monitor / nanosecondsPerMs,
  };
}

function readMode(value: Json): ServiceMode {
  const mode = at(value, 'Spec', 'Mode');
  if (at(mode, 'Global') !== undefined) return 'global';
  if (at(mode, 'ReplicatedJob') !== undefined) return 'replicated job';
  if (at(mode, 'GlobalJob') !== undefined) return 'global job';
  return 'replicated';
}

function readReplicas(value: Json, mode: ServiceMode): number | undefined {
  if (mode === 'replicated') return numberAt(value, 'Spec', 'Mode', 'Replicated', 'Replicas') ?? 1;
  if (mode !== 'replicated job') return undefined;
  return numberAt(value, 'Spec', 'Mode', 'ReplicatedJob', 'TotalCompletions') ?? 1;
}

function readServiceStatus(value: Json): ServiceStatusView | undefined {
  const status = at(value, 'ServiceStatus');
  if (status === undefined || status === null) return undefined;
  return {
    running: numberAt(status, 'RunningTasks') ?? 0,
    desired: numberAt(status, 'DesiredTasks') ?? 0,
    completed: numberAt(status, 'CompletedTasks') ?? 0,
  };
}

function readPort(value: Json): PortView {
  return {
    protocol: textAt(value, 'Protocol') || 'tcp',
    targetPort: numberAt(value, 'TargetPort') ?? 0,
    publishedPort: numberAt(value, 'PublishedPort') ?? 0,
    publishMode: textAt(value, 'PublishMode') || 'ingress',
  };
}

/** Reads a task as the API gives it; what is missing reads as empty. */
export function readTask(value: Json): TaskView {
  return {
    id: textAt(value, 'ID'),
    serviceId: textAt(value, 'ServiceID'),
    nodeId: textAt(value, 'NodeID'),
    slot: numberAt(value, 'Slot') ?? 0,
    image: textAt(value, 'Spec', 'ContainerSpec', 'Image'),
    state: textAt(value, 'Status', 'State'),
    desiredState: textAt(value, 'DesiredState'),
    error: textAt(value, 'Status', 'Err'),
    ports: listAt(value, 'Status', 'PortStatus', 'Ports').map(readPort),
    createdMs: timeAt(value, 'CreatedAt'),
    changedMs: timeAt(value, 'Status', 'Timestamp'),
  };
}

/** Go's zero time lies in the year 1 and means "unknown", as a missing time does. */
function timeAt(value: Json, ...path: readonly string[]): number {
  return Math.max(0, parseRfc3339(textAt(value, ...path)) ?? 0);
}

/** Reads a node as the API gives it; what is missing reads as empty. */
export function readNode(value: Json): NodeView {
  return {
    id: textAt(value, 'ID'),
    hostname: textAt(value, 'Description', 'Hostname'),
    state: textAt(value, 'Status', 'State'),
    message: textAt(value, 'Status', 'Message'),
    availability: textAt(value, 'Spec', 'Availability'),
    engineVersion: textAt(value, 'Description', 'Engine', 'EngineVersion'),
    manager: readManager(value),
  };
}

function readManager(value: Json): ManagerView | undefined {
  const status = at(value, 'ManagerStatus');
  if (status === undefined || status === null) return undefined;
  return {
    isLeader: isTrueAt(status, 'Leader'),
    reachability: textAt(status, 'Reachability'),
    address: textAt(status, 'Addr'),
  };
}

/** Reads `/info`; a daemon that knows no swarm reads as inactive. */
export function readInfo(value: Json): InfoView {
  const swarm = at(value, 'Swarm');
  return {
    hostname: textAt(value, 'Name'),
    engineVersion: textAt(value, 'ServerVersion'),
    nodeId: textAt(swarm, 'NodeID'),
    nodeAddress: textAt(swarm, 'NodeAddr'),
    swarmState: textAt(swarm, 'LocalNodeState') || 'inactive',
    isManager: isTrueAt(swarm, 'ControlAvailable'),
    error: textAt(swarm, 'Error'),
    nodes: numberAt(swarm, 'Nodes') ?? 0,
    managers: numberAt(swarm, 'Managers') ?? 0,
    clusterId: textAt(swarm, 'Cluster', 'ID'),
    remoteManagers: listAt(swarm, 'RemoteManagers').map((manager) => textAt(manager, 'Addr')),
    warnings: listAt(swarm, 'Warnings').filter((warning) => typeof warning === 'string'),
  };
}
