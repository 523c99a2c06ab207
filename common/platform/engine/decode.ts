import type {
  ContainerCreated,
  ContainerDetails,
  ContainerStateDetails,
  ContainerStatus,
  ContainerSummary,
  EndpointDetails,
  EngineEvent,
  EngineInfo,
  EngineVersion,
  HealthStatus,
  ImageDetails,
  NetworkDetails,
  PortBinding,
} from '../../ports/engine-api.ts';
import { listOf, mapOf, member, numberOf, textMapOf, textOf, textsOf } from './parse.ts';

/** Each function here makes what `EngineApi` promises of whatever the engine sent: total, null as empty. */
export function readVersion(body: unknown): EngineVersion {
  return {
    Version: textOf(body, 'Version'),
    ApiVersion: textOf(body, 'ApiVersion'),
    MinAPIVersion: textOf(body, 'MinAPIVersion'),
    Os: textOf(body, 'Os'),
    Arch: textOf(body, 'Arch'),
  };
}

export function readInfo(body: unknown): EngineInfo {
  const plugins = member(body, 'Plugins');
  return {
    ID: textOf(body, 'ID'),
    Name: textOf(body, 'Name'),
    ServerVersion: textOf(body, 'ServerVersion'),
    OSType: textOf(body, 'OSType'),
    Architecture: textOf(body, 'Architecture'),
    NCPU: numberOf(body, 'NCPU'),
    MemTotal: numberOf(body, 'MemTotal'),
    Labels: textsOf(body, 'Labels'),
    Plugins: {
      Volume: textsOf(plugins, 'Volume'),
      Network: textsOf(plugins, 'Network'),
      Authorization: textsOf(plugins, 'Authorization'),
      Log: textsOf(plugins, 'Log'),
    },
  };
}

export function readContainerCreated(body: unknown): ContainerCreated {
  return { Id: textOf(body, 'Id'), Warnings: textsOf(body, 'Warnings') };
}

export function readContainer(body: unknown): ContainerDetails {
  const network = member(body, 'NetworkSettings');
  return {
    Id: textOf(body, 'Id'),
    Name: textOf(body, 'Name'),
    Image: textOf(member(body, 'Config'), 'Image'),
    State: readState(member(body, 'State')),
    Labels: textMapOf(member(body, 'Config'), 'Labels'),
    Ports: mapOf(network, 'Ports', readBindings),
    Networks: mapOf(network, 'Networks', readEndpoint),
  };
}

function readState(state: unknown): ContainerStateDetails {
  return {
    Status: readStatus(textOf(state, 'Status')),
    Pid: numberOf(state, 'Pid'),
    ExitCode: numberOf(state, 'ExitCode'),
    Error: textOf(state, 'Error'),
    OOMKilled: member(state, 'OOMKilled') === true,
    StartedAt: textOf(state, 'StartedAt'),
    FinishedAt: textOf(state, 'FinishedAt'),
    Health: readHealth(textOf(member(state, 'Health'), 'Status')),
  };
}

const statuses: readonly ContainerStatus[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
];

/** A state that this version does not know is neither new nor running: `dead`. */
function readStatus(text: string): ContainerStatus {
  return statuses.find((status) => status === text) ?? 'dead';
}

const healths: readonly HealthStatus[] = ['none', 'starting', 'healthy', 'unhealthy'];

function readHealth(text: string): HealthStatus {
  return healths.find((health) => health === text) ?? 'none';
}

function readBindings(value: unknown): readonly PortBinding[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown) => ({
    HostIp: textOf(item, 'HostIp'),
    HostPort: textOf(item, 'HostPort'),
  }));
}

function readEndpoint(value: unknown): EndpointDetails {
  return {
    NetworkID: textOf(value, 'NetworkID'),
    IPAddress: textOf(value, 'IPAddress'),
    IPPrefixLen: numberOf(value, 'IPPrefixLen'),
    Gateway: textOf(value, 'Gateway'),
  };
}

export function readContainerSummary(value: unknown): ContainerSummary {
  return {
    Id: textOf(value, 'Id'),
    Names: textsOf(value, 'Names'),
    State: readStatus(textOf(value, 'State')),
    Labels: textMapOf(value, 'Labels'),
  };
}

export function readImage(body: unknown): ImageDetails {
  return {
    Id: textOf(body, 'Id'),
    Architecture: textOf(body, 'Architecture'),
    Os: textOf(body, 'Os'),
    RepoTags: textsOf(body, 'RepoTags'),
    RepoDigests: textsOf(body, 'RepoDigests'),
  };
}

export function readNetwork(value: unknown): NetworkDetails {
  return {
    Id: textOf(value, 'Id'),
    Name: textOf(value, 'Name'),
    Driver: textOf(value, 'Driver'),
    Scope: textOf(value, 'Scope'),
    IPAM: {
      Config: listOf(member(value, 'IPAM'), 'Config').map((item) => ({
        Subnet: textOf(item, 'Subnet'),
        Gateway: textOf(item, 'Gateway'),
      })),
    },
    Options: textMapOf(value, 'Options'),
    Labels: textMapOf(value, 'Labels'),
    Containers: mapOf(value, 'Containers', (item) => ({
      Name: textOf(item, 'Name'),
      IPv4Address: textOf(item, 'IPv4Address'),
    })),
  };
}

export function readEvent(value: unknown): EngineEvent {
  const actor = member(value, 'Actor');
  return {
    Type: textOf(value, 'Type'),
    Action: textOf(value, 'Action'),
    Actor: { ID: textOf(actor, 'ID'), Attributes: textMapOf(actor, 'Attributes') },
    timeNano: numberOf(value, 'timeNano'),
  };
}
