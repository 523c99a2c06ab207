import type {
  ContainerCreateBody,
  ContainerDetails,
  ContainerStatus,
  EndpointDetails,
  EndpointSettings,
  HealthStatus,
  PortBinding,
} from '../../../common/ports/engine-api.ts';
import { FakeLog } from './log.ts';
import type { FakeProgram } from './program.ts';

/** A container of the fake engine. Only the engine changes it. */
export interface FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly body: ContainerCreateBody;
  /** Networks that it joins when it starts, by name or id as they were given. */
  readonly networks: Map<string, EndpointSettings>;
  /** Order of creation. */
  readonly sequence: number;
  status: ContainerStatus;
  pid: number;
  exitCode: number;
  error: string;
  oomKilled: boolean;
  health: HealthStatus;
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
  starts: number;
  program: FakeProgram;
  ports: Record<string, readonly PortBinding[]>;
  /** Of the networks that it is attached to now, by the network's name. */
  endpoints: Record<string, EndpointDetails>;
  /** Ends its timers. Replaced at each start. */
  run: AbortController;
  /** Called when it is over. */
  readonly waiters: Set<() => void>;
  /** What its process wrote. */
  readonly log: FakeLog;
}

export function newContainer(
  given: Pick<FakeContainer, 'id' | 'name' | 'body' | 'sequence'>,
): FakeContainer {
  const mode = given.body.HostConfig?.NetworkMode ?? 'default';
  const named = mode === 'default' ? 'bridge' : mode;
  const endpoints = given.body.NetworkingConfig?.EndpointsConfig ?? {};
  return {
    ...given,
    networks: new Map([[named, endpoints[named] ?? {}]]),
    status: 'created',
    pid: 0,
    exitCode: 0,
    error: '',
    oomKilled: false,
    health: 'none',
    startedAtMs: undefined,
    finishedAtMs: undefined,
    starts: 0,
    program: {},
    ports: {},
    endpoints: {},
    run: new AbortController(),
    waiters: new Set(),
    log: new FakeLog(),
  };
}

export function containerDetails(container: FakeContainer): ContainerDetails {
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Image: container.body.Image,
    State: {
      Status: container.status,
      Pid: container.pid,
      ExitCode: container.exitCode,
      Error: container.error,
      OOMKilled: container.oomKilled,
      StartedAt: formatTime(container.startedAtMs),
      FinishedAt: formatTime(container.finishedAtMs),
      Health: container.health,
    },
    Labels: container.body.Labels ?? {},
    Ports: container.ports,
    Networks: container.endpoints,
  };
}

/** The engine's form of a time; year 1 for never. */
function formatTime(wallMs: number | undefined): string {
  if (wallMs === undefined) return '0001-01-01T00:00:00Z';
  return new Date(wallMs).toISOString();
}
