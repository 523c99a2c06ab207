/** Answers of the API as the command line reads them, filled with what a test does not care about. */

/** Wall time at which tests of the command line look, in milliseconds since the Unix epoch. */
export const nowMs: number = Date.UTC(2026, 10, 24, 12, 0, 0);

/** The time `secondsAgo` before `nowMs`, as the API writes times. */
function timeAgo(secondsAgo: number): string {
  return new Date(nowMs - secondsAgo * 1000).toISOString().replace('Z', '123456Z');
}

export interface ServiceFacts {
  readonly id: string;
  readonly name: string;
  readonly replicas?: number;
  readonly running?: number;
  readonly image?: string;
  readonly ports?: readonly Readonly<Record<string, unknown>>[];
  readonly more?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A replicated service in JSON. */
export function serviceJson(facts: ServiceFacts): Readonly<Record<string, unknown>> {
  const replicas = facts.replicas ?? 1;
  return {
    ID: facts.id,
    Version: { Index: 12 },
    Spec: {
      Name: facts.name,
      TaskTemplate: { ContainerSpec: { Image: facts.image ?? 'nginx:1.27' } },
      Mode: { Replicated: { Replicas: replicas } },
      ...facts.spec,
    },
    Endpoint: { Ports: facts.ports ?? [] },
    ServiceStatus: { RunningTasks: facts.running ?? replicas, DesiredTasks: replicas },
    ...facts.more,
  };
}

/** A port in JSON. */
export function portJson(
  published: number,
  target: number,
  protocol = 'tcp',
  mode = 'ingress',
): Readonly<Record<string, unknown>> {
  return {
    Protocol: protocol,
    TargetPort: target,
    PublishedPort: published,
    PublishMode: mode,
  };
}

export interface TaskFacts {
  readonly id: string;
  readonly serviceId?: string;
  readonly slot?: number;
  readonly nodeId?: string;
  readonly state?: string;
  readonly desired?: string;
  readonly error?: string;
  readonly image?: string;
  /** When it was made and when its state changed. */
  readonly createdAgo?: number;
  readonly changedAgo?: number;
  readonly ports?: readonly Readonly<Record<string, unknown>>[];
}

/** A task in JSON. */
export function taskJson(facts: TaskFacts): Readonly<Record<string, unknown>> {
  const state = facts.state ?? 'running';
  return {
    ID: facts.id,
    CreatedAt: timeAgo(facts.createdAgo ?? 60),
    Spec: { ContainerSpec: { Image: facts.image ?? 'nginx:1.27' } },
    ServiceID: facts.serviceId ?? 's1',
    Slot: facts.slot ?? 1,
    NodeID: facts.nodeId ?? 'n1',
    Status: {
      Timestamp: timeAgo(facts.changedAgo ?? 5),
      State: state,
      ...(facts.error === undefined ? {} : { Err: facts.error }),
      PortStatus: { Ports: facts.ports ?? [] },
    },
    DesiredState: facts.desired ?? 'running',
  };
}

export interface NodeFacts {
  readonly id: string;
  readonly hostname: string;
  readonly state?: string;
  readonly availability?: string;
  readonly manager?: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** A node in JSON. */
export function nodeJson(facts: NodeFacts): Readonly<Record<string, unknown>> {
  return {
    ID: facts.id,
    Spec: { Availability: facts.availability ?? 'active', Role: 'worker' },
    Description: { Hostname: facts.hostname, Engine: { EngineVersion: '28.2.2' } },
    Status: { State: facts.state ?? 'ready', Message: facts.message ?? '', Addr: '10.0.0.1' },
    ...(facts.manager === undefined ? {} : { ManagerStatus: facts.manager }),
  };
}

/** `/info` of a manager in JSON. */
export function infoJson(
  swarm: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    Name: 'box-1',
    ServerVersion: '28.2.2',
    Swarm: {
      NodeID: 'n1aaaaaaaaaaaaaaaaaaaaaaa',
      NodeAddr: '10.0.0.1',
      LocalNodeState: 'active',
      ControlAvailable: true,
      Error: '',
      Nodes: 3,
      Managers: 1,
      Cluster: { ID: 'c1aaaaaaaaaaaaaaaaaaaaaaa' },
      RemoteManagers: [{ NodeID: 'n1aaaaaaaaaaaaaaaaaaaaaaa', Addr: '10.0.0.1:2377' }],
      ...swarm,
    },
  };
}

/** One frame of Docker's multiplexed stream: 1 is standard output, 2 standard error, 3 an error of the daemon. */
export function logFrame(line: string, source = 1): Buffer {
  const bytes = Buffer.from(line);
  const header = Buffer.alloc(8);
  header.writeUInt8(source, 0);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}
