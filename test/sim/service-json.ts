import { containerPort } from './container-hosts.ts';
import type { RestartRule, Rollout, ServiceShape } from './service-shape.ts';

const nanosecondsPerMillisecond = 1_000_000;
const bytesPerGib = 1024 ** 3;

/** The JSON of a service as the CLI sends it. */
export function serviceBody(name: string, shape: ServiceShape): object {
  const port = {
    Protocol: 'tcp',
    TargetPort: containerPort,
    PublishedPort: shape.port,
    PublishMode: 'ingress',
  };
  const reserved = { Reservations: { MemoryBytes: shape.reservedGib * bytesPerGib } };
  return {
    Name: name,
    TaskTemplate: {
      ContainerSpec: {
        Image: shape.image,
        Env: [`GENERATION=${shape.generation}`],
        StopGracePeriod: 5_000_000_000,
      },
      ...(shape.reservedGib === 0 ? {} : { Resources: reserved }),
      RestartPolicy: restartBody(shape.restart),
      Placement: shape.isPlaceable ? {} : { Constraints: ['node.labels.disk==ssd'] },
    },
    Mode: shape.mode === 'global' ? { Global: {} } : { Replicated: { Replicas: shape.replicas } },
    UpdateConfig: rolloutBody(shape.update),
    RollbackConfig: rolloutBody(shape.rollback),
    EndpointSpec: { Mode: 'vip', Ports: shape.port === 0 ? [] : [port] },
  };
}

function restartBody({ condition, delayMs, attempts, windowMs }: RestartRule): object {
  return {
    Condition: condition,
    Delay: delayMs * nanosecondsPerMillisecond,
    MaxAttempts: attempts,
    Window: windowMs * nanosecondsPerMillisecond,
  };
}

function rolloutBody(rollout: Rollout): object {
  return {
    Parallelism: rollout.parallelism,
    Delay: rollout.delayMs * nanosecondsPerMillisecond,
    Monitor: rollout.monitorMs * nanosecondsPerMillisecond,
    FailureAction: rollout.action,
    MaxFailureRatio: rollout.ratio,
    Order: rollout.order,
  };
}

interface RolloutJson {
  readonly Parallelism?: number;
  readonly Delay?: number;
  readonly Monitor?: number;
  readonly FailureAction?: Rollout['action'];
  readonly MaxFailureRatio?: number;
  readonly Order?: Rollout['order'];
}

interface SpecJson {
  readonly Name: string;
  readonly TaskTemplate: {
    readonly ContainerSpec: { readonly Image: string; readonly Env?: readonly string[] };
    readonly Resources?: { readonly Reservations?: { readonly MemoryBytes?: number } };
    readonly RestartPolicy?: {
      readonly Condition?: RestartRule['condition'];
      readonly Delay?: number;
      readonly MaxAttempts?: number;
      readonly Window?: number;
    };
    readonly Placement?: { readonly Constraints?: readonly string[] };
  };
  readonly Mode: {
    readonly Replicated?: { readonly Replicas?: number };
    readonly Global?: object;
  };
  readonly UpdateConfig?: RolloutJson;
  readonly RollbackConfig?: RolloutJson;
  readonly EndpointSpec?: { readonly Ports?: readonly { readonly PublishedPort: number }[] };
}

/** What a service's JSON says, as far as the model knows it. */
interface ServiceJson {
  readonly Version: { readonly Index: number };
  readonly Spec: SpecJson;
  readonly PreviousSpec?: SpecJson;
  readonly UpdateStatus?: { readonly State?: string };
}

/** A service as the API shows it. */
export interface SeenService {
  readonly name: string;
  readonly version: number;
  readonly shape: ServiceShape;
  /** What a rollback would bring. */
  readonly previous: ServiceShape | undefined;
  /** State of its update; empty when it has none. */
  readonly updateState: string;
}

export function readService(json: unknown): SeenService {
  const service = json as ServiceJson;
  return {
    name: service.Spec.Name,
    version: service.Version.Index,
    shape: readShape(service.Spec),
    previous: service.PreviousSpec === undefined ? undefined : readShape(service.PreviousSpec),
    updateState: service.UpdateStatus?.State ?? '',
  };
}

function readShape(spec: SpecJson): ServiceShape {
  const { ContainerSpec: container, RestartPolicy: restart, ...task } = spec.TaskTemplate;
  return {
    mode: spec.Mode.Global === undefined ? 'replicated' : 'global',
    replicas: spec.Mode.Replicated?.Replicas ?? 0,
    image: container.Image,
    generation: Number(container.Env?.[0]?.split('=')[1] ?? 0),
    port: spec.EndpointSpec?.Ports?.[0]?.PublishedPort ?? 0,
    isPlaceable: (task.Placement?.Constraints ?? []).length === 0,
    reservedGib: (task.Resources?.Reservations?.MemoryBytes ?? 0) / bytesPerGib,
    restart: {
      condition: restart?.Condition ?? 'any',
      delayMs: (restart?.Delay ?? 0) / nanosecondsPerMillisecond,
      attempts: restart?.MaxAttempts ?? 0,
      windowMs: (restart?.Window ?? 0) / nanosecondsPerMillisecond,
    },
    update: readRollout(spec.UpdateConfig),
    rollback: readRollout(spec.RollbackConfig),
  };
}

function readRollout(json: RolloutJson | undefined): Rollout {
  return {
    parallelism: json?.Parallelism ?? 0,
    delayMs: (json?.Delay ?? 0) / nanosecondsPerMillisecond,
    monitorMs: (json?.Monitor ?? 0) / nanosecondsPerMillisecond,
    action: json?.FailureAction ?? 'pause',
    ratio: json?.MaxFailureRatio ?? 0,
    order: json?.Order ?? 'stop-first',
  };
}
