/**
 * The Docker Engine of one node, as far as Shoal drives it.
 *
 * Bodies have the engine's own field names, so that its API reference explains them. What the engine gives as null is given
 * here as empty. Unknown fields are dropped, except where a type says so.
 *
 * Every call ends: with its answer, with the signal's reason, or after the call's limit in `limits.engine…` with `engineUnavailable`.
 * Failures are `ShoalError`s whose message is the engine's own text:
 * - `engineUnavailable`: no connection, connection lost, or no answer in time. Whether the call took effect is not known.
 * - `notFound`: no such container, image or network (404).
 * - `conflict`: name taken, wrong state (409).
 * - `engineRefused`: any other refusal.
 * All but the first carry the HTTP status in `fields.statusCode`.
 */
export interface EngineApi {
  /** The cheapest sign of life, and the newest API version that the engine speaks. */
  ping(signal: AbortSignal): Promise<EnginePing>;
  version(signal: AbortSignal): Promise<EngineVersion>;
  info(signal: AbortSignal): Promise<EngineInfo>;

  /** Makes a container named `name`; `conflict` when the name is taken, `notFound` when the image is missing. */
  createContainer(
    name: string,
    body: ContainerCreateBody,
    signal: AbortSignal,
  ): Promise<ContainerCreated>;
  /** `container` is an id, a unique prefix of one, or a name; so in all calls below. */
  inspectContainer(container: string, signal: AbortSignal): Promise<ContainerDetails>;
  /** Starting what runs is no error. */
  startContainer(container: string, signal: AbortSignal): Promise<void>;
  /** Stop signal, up to `graceSeconds` (whole, 0 = kill at once), kill; resolves when it is over. Stopping what does not run is no error. */
  stopContainer(container: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
  /** Sends `signalName` (`SIGKILL`, ...); `conflict` when the container does not run. */
  killContainer(container: string, signalName: string, signal: AbortSignal): Promise<void>;
  removeContainer(
    container: string,
    options: RemoveContainerOptions,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * What the container wrote, oldest first, as many lines at a time as came together; the iteration ends when all of it was read or, following, when the container is
   * over. Connected when it resolves. Whoever does not read stops the engine; ending the iteration ends the engine's stream.
   * `notFound` without such a container, `engineRefused` when its log cannot be read.
   */
  containerLogs(
    container: string,
    options: ContainerLogsOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly ContainerLogLine[]>>;
  /** Containers in any state that match all of the filters, in no particular order. */
  listContainers(filters: EngineFilters, signal: AbortSignal): Promise<readonly ContainerSummary[]>;

  /** The image that the engine holds under `reference`; `notFound` when it has none. */
  inspectImage(reference: string, signal: AbortSignal): Promise<ImageDetails>;
  /**
   * Pulls `reference` (`:latest` when it names neither tag nor digest). Ends when the image is there, throws when it will not be.
   * @param registryAuth value of `X-Registry-Auth`, empty for none.
   */
  pullImage(
    reference: string,
    registryAuth: string,
    signal: AbortSignal,
  ): AsyncIterable<PullProgress>;

  /** Makes a network; `conflict` when the name is taken, `engineRefused` when the subnet overlaps another. */
  createNetwork(body: NetworkCreateBody, signal: AbortSignal): Promise<NetworkCreated>;
  /** `network` is an id or a name; so in all calls below. */
  inspectNetwork(network: string, signal: AbortSignal): Promise<NetworkDetails>;
  removeNetwork(network: string, signal: AbortSignal): Promise<void>;
  connectNetwork(
    network: string,
    container: string,
    endpoint: EndpointSettings,
    signal: AbortSignal,
  ): Promise<void>;
  listNetworks(filters: EngineFilters, signal: AbortSignal): Promise<readonly NetworkDetails[]>;

  /**
   * What happens on the engine from now on, in order. Connected when `events` resolves.
   * The iteration throws `engineUnavailable` when the stream breaks off; it never ends by itself.
   */
  events(options: EventsOptions, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

/** `{ label: ['a=b'], name: ['web'] }`: each key must match, by any of its values; labels must all match. */
export type EngineFilters = Readonly<Record<string, readonly string[]>>;

/** Names and values; also the form of labels. */
export type StringMap = Readonly<Record<string, string>>;

export interface EnginePing {
  /** `1.41`. */
  readonly ApiVersion: string;
  readonly OSType: string;
}

export interface EngineVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly Os: string;
  readonly Arch: string;
}

export interface EngineInfo {
  readonly ID: string;
  readonly Name: string;
  readonly ServerVersion: string;
  readonly OSType: string;
  /** As the kernel names it: `x86_64`. */
  readonly Architecture: string;
  readonly NCPU: number;
  /** Bytes. */
  readonly MemTotal: number;
  /** `key=value`. */
  readonly Labels: readonly string[];
  readonly Plugins: {
    readonly Volume: readonly string[];
    readonly Network: readonly string[];
    readonly Authorization: readonly string[];
    readonly Log: readonly string[];
  };
}

export interface HealthConfigBody {
  readonly Test?: readonly string[];
  /** Nanoseconds, as all durations here. */
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface MountBody {
  readonly Type: 'bind' | 'volume' | 'tmpfs';
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: {
    readonly Propagation?: string;
    readonly NonRecursive?: boolean;
    readonly CreateMountpoint?: boolean;
  };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    readonly Labels?: StringMap;
    readonly DriverConfig?: { readonly Name?: string; readonly Options?: StringMap };
    readonly Subpath?: string;
  };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
}

export interface PortBinding {
  readonly HostIp?: string;
  /** Decimal; `0` or empty = any free port. */
  readonly HostPort: string;
}

export interface UlimitBody {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

export interface HostConfigBody {
  readonly NetworkMode?: string;
  readonly RestartPolicy?: { readonly Name: 'no' };
  readonly Mounts?: readonly MountBody[];
  readonly PortBindings?: Readonly<Record<string, readonly PortBinding[]>>;
  readonly NanoCpus?: number;
  readonly Memory?: number;
  readonly PidsLimit?: number;
  readonly Ulimits?: readonly UlimitBody[];
  readonly Sysctls?: StringMap;
  readonly CapAdd?: readonly string[];
  readonly CapDrop?: readonly string[];
  readonly GroupAdd?: readonly string[];
  readonly OomScoreAdj?: number;
  readonly ReadonlyRootfs?: boolean;
  readonly Init?: boolean;
  readonly Isolation?: string;
  readonly Dns?: readonly string[];
  readonly DnsSearch?: readonly string[];
  readonly DnsOptions?: readonly string[];
  /** `name:address`. */
  readonly ExtraHosts?: readonly string[];
  readonly LogConfig?: { readonly Type: string; readonly Config: StringMap };
}

export interface EndpointSettings {
  readonly IPAMConfig?: { readonly IPv4Address: string };
  readonly Aliases?: readonly string[];
  readonly DriverOpts?: StringMap;
}

export interface ContainerCreateBody {
  readonly Image: string;
  readonly Hostname?: string;
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Labels?: StringMap;
  readonly StopSignal?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly Healthcheck?: HealthConfigBody;
  readonly HostConfig?: HostConfigBody;
  /** Engines before 25 take one network here; further ones are connected. */
  readonly NetworkingConfig?: {
    readonly EndpointsConfig: Readonly<Record<string, EndpointSettings>>;
  };
}

export interface ContainerCreated {
  readonly Id: string;
  readonly Warnings: readonly string[];
}

export type ContainerStatus =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead';

export type HealthStatus = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface ContainerStateDetails {
  readonly Status: ContainerStatus;
  readonly Pid: number;
  readonly ExitCode: number;
  /** Why it could not start, or empty. */
  readonly Error: string;
  readonly OOMKilled: boolean;
  /** RFC 3339; year 1 = never. */
  readonly StartedAt: string;
  readonly FinishedAt: string;
  /** `none` without a health check. */
  readonly Health: HealthStatus;
}

export interface EndpointDetails {
  readonly NetworkID: string;
  /** Empty while the container does not run. */
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly Gateway: string;
}

export interface ContainerDetails {
  readonly Id: string;
  /** With a leading slash. */
  readonly Name: string;
  readonly Image: string;
  readonly State: ContainerStateDetails;
  readonly Labels: StringMap;
  /** Bound ports by `80/tcp`. */
  readonly Ports: Readonly<Record<string, readonly PortBinding[]>>;
  /** By name of the network. */
  readonly Networks: Readonly<Record<string, EndpointDetails>>;
}

export interface RemoveContainerOptions {
  /** Kills it first when it runs. */
  readonly force: boolean;
  /** Removes its anonymous volumes, too. */
  readonly volumes: boolean;
}

export interface ContainerSummary {
  readonly Id: string;
  /** With a leading slash each. */
  readonly Names: readonly string[];
  readonly State: ContainerStatus;
  readonly Labels: StringMap;
}

export interface ContainerLogsOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Goes on with what comes, while the container runs. */
  readonly follow: boolean;
  /** Unix time as `seconds.nanoseconds` from which on lines count; empty = all. */
  readonly since: string;
  /** Lines from the end; undefined = all. */
  readonly tail: number | undefined;
  /** The container has a terminal, so that all of its output is one stream. */
  readonly tty: boolean;
}

export interface ContainerLogLine {
  readonly source: 'stdout' | 'stderr';
  /** RFC 3339 in UTC with nine decimals. */
  readonly timestamp: string;
  /** What the log driver was told to note with each line, as `name=value,name=value`, URL-escaped. */
  readonly details: string;
  /** With its end of line. A line of more than 16 KiB comes in pieces, and only the last has one. */
  readonly text: Uint8Array;
}

export interface ImageDetails {
  readonly Id: string;
  /** As Go names it: `amd64`. Empty when the image does not say. */
  readonly Architecture: string;
  readonly Os: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
}

/** A line about a pull, in words for people. */
export interface PullProgress {
  readonly status: string;
  /** Layer or tag that the line is about, or empty. */
  readonly id: string;
  /** Bytes of the layer so far, and of all of it; 0 when the line has none. */
  readonly current: number;
  readonly total: number;
}

export interface IpamConfig {
  /** CIDR. */
  readonly Subnet: string;
  readonly Gateway: string;
}

export interface NetworkCreateBody {
  readonly Name: string;
  readonly Driver: string;
  /** Engines before 25 only refuse a taken name when this is true. */
  readonly CheckDuplicate: true;
  readonly IPAM: { readonly Driver: 'default'; readonly Config: readonly IpamConfig[] };
  readonly Options: StringMap;
  readonly Labels: StringMap;
}

export interface NetworkCreated {
  readonly Id: string;
}

export interface NetworkDetails {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly IPAM: { readonly Config: readonly IpamConfig[] };
  readonly Options: StringMap;
  readonly Labels: StringMap;
  /** By container id; running containers only. A list leaves it empty. */
  readonly Containers: Readonly<
    Record<string, { readonly Name: string; readonly IPv4Address: string }>
  >;
}

export interface EventsOptions {
  /** Milliseconds since the Unix epoch, on the engine's clock: what the engine still remembers since then comes first. */
  readonly sinceMs: number;
  readonly filters: EngineFilters;
}

export interface EngineEvent {
  /** `container`, `image`, `network`, ... */
  readonly Type: string;
  /** `start`, `die`, `health_status: healthy`, ... */
  readonly Action: string;
  readonly Actor: {
    readonly ID: string;
    /** Labels among others; `exitCode` of `die`. */
    readonly Attributes: StringMap;
  };
  /** Nanoseconds since the Unix epoch, as exact as a double is (256 ns). */
  readonly timeNano: number;
}
