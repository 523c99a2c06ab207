import type { Clock } from '../../../common/ports/clock.ts';
import type {
  ContainerCreateBody,
  ContainerCreated,
  ContainerDetails,
  ContainerLogLine,
  ContainerLogsOptions,
  ContainerSummary,
  EndpointSettings,
  EngineApi,
  EngineEvent,
  EngineFilters,
  EngineInfo,
  EnginePing,
  EngineVersion,
  EventsOptions,
  HealthStatus,
  ImageDetails,
  NetworkCreateBody,
  NetworkCreated,
  NetworkDetails,
  PullProgress,
  RemoveContainerOptions,
} from '../../../common/ports/engine-api.ts';
import { limits } from '../../../common/pure/limits.ts';
import type { Random } from '../../../common/pure/random.ts';
import { containerDetails, type FakeContainer } from './container.ts';
import { FakeContainers, type FakeContainerChange } from './containers.ts';
import { EventBus, hasLabels } from './event-bus.ts';
import { engineFailure } from './failure.ts';
import { Gate, type FakeFaults } from './gate.ts';
import { FakeNetworks, type FakeNetwork } from './networks.ts';
import { familiarReference, type FakeImage, type FakeProgram } from './program.ts';

export interface FakeEngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly hostname?: string;
  readonly images?: readonly FakeImage[];
  readonly faults?: Partial<FakeFaults>;
  readonly labels?: readonly string[];
  readonly cpus?: number;
  readonly memoryBytes?: number;
}

interface HeldImage {
  readonly image: FakeImage;
  readonly id: string;
  isLocal: boolean;
}

/**
 * A Docker Engine in memory, as far as Shoal drives one: it keeps the engine's rules and words (compared with the real one by a
 * common test), on a clock and a chance that come in, so that a run repeats exactly.
 *
 * The methods of `EngineApi` are what Shoal calls. The others are for the test: they act at once and never fail by chance.
 */
export class FakeEngine implements EngineApi {
  readonly #clock: Clock;
  readonly #options: FakeEngineOptions;
  readonly #events: EventBus;
  readonly #networks: FakeNetworks;
  readonly #containers: FakeContainers;
  readonly #gate: Gate;
  readonly #images = new Map<string, HeldImage>();
  readonly #observers = new Set<(change: FakeContainerChange) => void>();
  readonly #newId: () => string;
  /** What every pull fails with; undefined while the registry answers. */
  #registryFailure: { readonly statusCode: number; readonly message: string } | undefined;

  constructor(options: FakeEngineOptions) {
    this.#options = options;
    this.#clock = options.clock;
    const ids = options.random.fork('ids');
    this.#newId = () => Array.from({ length: 64 }, () => ids.below(16).toString(16)).join('');
    this.#events = new EventBus(options.clock);
    this.#networks = new FakeNetworks(this.#newId);
    this.#gate = new Gate(options.clock, options.random.fork('faults'), options.faults ?? {});
    this.#containers = new FakeContainers({
      clock: options.clock,
      events: this.#events,
      networks: this.#networks,
      newId: this.#newId,
      onChange: (change) => {
        for (const observe of this.#observers) observe(change);
      },
    });
    for (const image of options.images ?? []) this.addImage(image);
  }

  // For the test.

  addImage(image: FakeImage): void {
    const held = { image, id: `sha256:${this.#newId()}`, isLocal: image.isLocal ?? true };
    this.#images.set(familiarReference(image.reference), held);
  }

  /** Forgets the local copy; a pull may bring it back. */
  dropImage(reference: string): void {
    const held = this.#images.get(familiarReference(reference));
    if (held !== undefined) held.isLocal = false;
  }

  /** Every pull fails with this from now on, until it is taken back with undefined. */
  failPulls(failure: { readonly statusCode: number; readonly message: string } | undefined): void {
    this.#registryFailure = failure;
  }

  /** Somebody else removes the container, however it stands. */
  dropContainer(container: string): void {
    this.#containers.remove(this.#containers.find(container), true);
  }

  /** Somebody else takes the container off a network. */
  disconnectNetwork(network: string, container: string): void {
    this.#containers.disconnect(this.#containers.find(container), network);
  }

  /** All containers in order of creation. Read only. */
  containers(): readonly Readonly<FakeContainer>[] {
    return this.#containers.all();
  }

  networks(): readonly Readonly<FakeNetwork>[] {
    return this.#networks.all();
  }

  /** Tells of containers that start and stop, at the very moment. The result ends it. */
  observe(observer: (change: FakeContainerChange) => void): () => void {
    this.#observers.add(observer);
    return () => {
      this.#observers.delete(observer);
    };
  }

  /** The container's process ends by itself. */
  exitContainer(container: string, exitCode: number, isOutOfMemory = false): void {
    this.#containers.exit(this.#containers.find(container), exitCode, isOutOfMemory);
  }

  /** The container's process writes a line; its end of line is added. */
  write(container: string, text: string, source: 'stdout' | 'stderr' = 'stdout'): void {
    const found = this.#containers.find(container);
    found.log.write({ source, wallMs: this.#clock.wallMs(), text: `${text}\n`, details: '' });
  }

  setHealth(container: string, health: HealthStatus): void {
    this.#containers.setHealth(this.#containers.find(container), health);
  }

  /** The engine goes away. Its containers end with it (137), unless it runs with live restore. */
  stop(containersSurvive = false): void {
    this.#gate.close();
    this.#events.breakStreams(true);
    if (containersSurvive) return;
    for (const container of this.#containers.all()) this.#containers.exit(container, 137);
    this.#events.breakStreams(true);
  }

  /** The engine comes back. */
  start(): void {
    this.#gate.open();
  }

  /** The engine takes calls and answers none, until `resume` or `stop`. Event streams stay open and silent. */
  hang(): void {
    this.#gate.hang();
  }

  resume(): void {
    this.#gate.open();
  }

  /** Ends the event streams and forgets what they would have told. */
  breakEvents(): void {
    this.#events.breakStreams(true);
  }

  /** How often a call (`create`, `start`, `inspect`, `pull`, ...) reached the engine. */
  callCount(call: string): number {
    return this.#gate.count(call);
  }

  setFaults(faults: Partial<FakeFaults>): void {
    this.#gate.setFaults(faults);
  }

  // EngineApi.

  async ping(signal: AbortSignal): Promise<EnginePing> {
    const answer = { ApiVersion: '1.41', OSType: 'linux' };
    return await this.#gate.pass('ping', limits.enginePingMs, signal, () => answer);
  }

  async version(signal: AbortSignal): Promise<EngineVersion> {
    return await this.#answer('version', signal, () => ({
      Version: '20.10.24',
      ApiVersion: '1.41',
      MinAPIVersion: '1.12',
      Os: 'linux',
      Arch: 'amd64',
    }));
  }

  async info(signal: AbortSignal): Promise<EngineInfo> {
    return await this.#answer('info', signal, () => ({
      ID: 'FAKE:ENGINE',
      Name: this.#options.hostname ?? 'fake',
      ServerVersion: '20.10.24',
      OSType: 'linux',
      Architecture: 'x86_64',
      NCPU: this.#options.cpus ?? 4,
      MemTotal: this.#options.memoryBytes ?? 8 * 1024 ** 3,
      Labels: this.#options.labels ?? [],
      Plugins: {
        Volume: ['local'],
        Network: ['bridge', 'host', 'null'],
        Authorization: [],
        Log: ['json-file', 'local'],
      },
    }));
  }

  async createContainer(
    name: string,
    body: ContainerCreateBody,
    signal: AbortSignal,
  ): Promise<ContainerCreated> {
    return await this.#work('create', signal, () => {
      const held = this.#localImage(body.Image);
      if (held === undefined) throw engineFailure(404, `No such image: ${body.Image}`);
      return { Id: this.#containers.create(name, withImageHealth(body, held)).id, Warnings: [] };
    });
  }

  async inspectContainer(container: string, signal: AbortSignal): Promise<ContainerDetails> {
    return await this.#answer('inspect', signal, () =>
      containerDetails(this.#containers.find(container)),
    );
  }

  async startContainer(container: string, signal: AbortSignal): Promise<void> {
    await this.#work('start', signal, () => {
      const found = this.#containers.find(container);
      if (found.status === 'running') return;
      this.#containers.start(found, this.#programOf(found));
    });
  }

  async stopContainer(container: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const found = await this.#work('stop', signal, () => {
      const target = this.#containers.find(container);
      if (target.status !== 'running') return undefined;
      if (graceSeconds > 0) {
        this.#containers.signal(target, target.body.StopSignal ?? 'SIGTERM');
      }
      return target;
    });
    if (found === undefined) return;
    if (found.status === 'running') await this.#waitForEnd(found, graceSeconds * 1000, signal);
    if (found.status === 'running') this.#containers.signal(found, 'SIGKILL');
    this.#containers.publishStop(found);
  }

  async killContainer(container: string, signalName: string, signal: AbortSignal): Promise<void> {
    await this.#work('kill', signal, () => {
      const found = this.#containers.find(container);
      if (found.status !== 'running') {
        const text = `Container ${found.id} is not running`;
        throw engineFailure(409, `Cannot kill container: ${container}: ${text}`);
      }
      this.#containers.signal(found, signalName);
    });
  }

  async removeContainer(
    container: string,
    options: RemoveContainerOptions,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#work('remove', signal, () => {
      this.#containers.remove(this.#containers.find(container), options.force);
    });
  }

  async containerLogs(
    container: string,
    options: ContainerLogsOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly ContainerLogLine[]>> {
    const found = await this.#gate.pass('logs', limits.engineLogMs, signal, () =>
      this.#containers.find(container),
    );
    const isOver = (): boolean => found.status !== 'running';
    return found.log.read(options, isOver, () => this.#gate.checkOpen(), signal);
  }

  async listContainers(
    filters: EngineFilters,
    signal: AbortSignal,
  ): Promise<readonly ContainerSummary[]> {
    return await this.#answer('list', signal, () =>
      this.#containers
        .all()
        .filter((container) => matchesContainer(container, filters))
        .map((container) => ({
          Id: container.id,
          Names: [`/${container.name}`],
          State: container.status,
          Labels: container.body.Labels ?? {},
        })),
    );
  }

  async inspectImage(reference: string, signal: AbortSignal): Promise<ImageDetails> {
    return await this.#answer('inspectImage', signal, () => {
      const held = this.#localImage(reference);
      if (held === undefined) throw engineFailure(404, `No such image: ${reference}`);
      return {
        Id: held.id,
        Architecture: held.image.architecture ?? 'amd64',
        Os: 'linux',
        RepoTags: [familiarReference(held.image.reference)],
        RepoDigests: [],
      };
    });
  }

  async *pullImage(
    reference: string,
    _registryAuth: string,
    signal: AbortSignal,
  ): AsyncGenerator<PullProgress, void> {
    const familiar = familiarReference(reference);
    const held = await this.#work('pull', signal, () => this.#pullable(familiar));
    yield { status: `Pulling from ${familiar}`, id: '', current: 0, total: 0 };
    const pullMs = held.image.pullMs ?? 0;
    if (pullMs > 0) await this.#clock.sleep(pullMs, signal);
    await this.#gate.pass('pull', limits.enginePullSilenceMs, signal, () => {
      held.isLocal = true;
      this.#events.publish('image', 'pull', familiar, { name: familiar });
    });
    yield {
      status: `Status: Downloaded newer image for ${familiar}`,
      id: '',
      current: 0,
      total: 0,
    };
  }

  async createNetwork(body: NetworkCreateBody, signal: AbortSignal): Promise<NetworkCreated> {
    return await this.#work('createNetwork', signal, () => {
      const network = this.#networks.create(this.#newId(), body);
      this.#events.publish('network', 'create', network.id, { name: network.name });
      return { Id: network.id };
    });
  }

  async inspectNetwork(network: string, signal: AbortSignal): Promise<NetworkDetails> {
    return await this.#answer('inspectNetwork', signal, () => {
      const found = this.#networks.find(network);
      return { ...networkDetails(found), Containers: endpointsOf(found) };
    });
  }

  async removeNetwork(network: string, signal: AbortSignal): Promise<void> {
    await this.#work('removeNetwork', signal, () => {
      const found = this.#networks.find(network);
      this.#networks.remove(found);
      this.#events.publish('network', 'destroy', found.id, { name: found.name });
    });
  }

  async connectNetwork(
    network: string,
    container: string,
    endpoint: EndpointSettings,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#work('connect', signal, () => {
      const found = this.#containers.find(container);
      this.#containers.connect(found, network, endpoint.IPAMConfig?.IPv4Address);
    });
  }

  async listNetworks(
    filters: EngineFilters,
    signal: AbortSignal,
  ): Promise<readonly NetworkDetails[]> {
    return await this.#answer('listNetworks', signal, () =>
      this.#networks
        .all()
        .filter((network) => matchesNetwork(network, filters))
        .map(networkDetails),
    );
  }

  async events(options: EventsOptions, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    return await this.#gate.pass('events', limits.enginePingMs, signal, () =>
      this.#events.subscribe(
        options.sinceMs,
        options.filters,
        () => this.#gate.eventDelayMs(),
        signal,
      ),
    );
  }

  async #answer<T>(name: string, signal: AbortSignal, action: () => T): Promise<T> {
    return await this.#gate.pass(name, limits.engineAnswerMs, signal, action);
  }

  async #work<T>(name: string, signal: AbortSignal, action: () => T): Promise<T> {
    return await this.#gate.pass(name, limits.engineWorkMs, signal, action);
  }

  #localImage(reference: string): HeldImage | undefined {
    const held = this.#images.get(familiarReference(reference));
    if (held?.isLocal === true) return held;
    return [...this.#images.values()].find((item) => item.isLocal && item.id === reference);
  }

  #pullable(familiar: string): HeldImage {
    const held = this.#images.get(familiar);
    const broken = this.#registryFailure;
    if (broken !== undefined) throw engineFailure(broken.statusCode, broken.message);
    if (held === undefined) {
      const name = familiar.replace(/[:@][^/]*$/, '');
      const text = `pull access denied for ${name}, repository does not exist or may require 'docker login'`;
      throw engineFailure(404, `${text}: denied: requested access to the resource is denied`);
    }
    const failure = held.image.pullError;
    if (failure !== undefined) throw engineFailure(failure.statusCode, failure.message);
    return held;
  }

  #programOf(container: FakeContainer): FakeProgram {
    const program = this.#images.get(familiarReference(container.body.Image))?.image.program ?? {};
    if (typeof program !== 'function') return program;
    return program({
      name: container.name,
      entrypoint: container.body.Entrypoint ?? [],
      env: container.body.Env ?? [],
      labels: container.body.Labels ?? {},
      starts: container.starts + 1,
    });
  }

  async #waitForEnd(container: FakeContainer, limitMs: number, signal: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    const wake = (): void => {
      waiting.abort(new Error('container is over'));
    };
    container.waiters.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    try {
      await this.#clock.sleep(limitMs, waiting.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (container.status === 'running') throw error;
    } finally {
      container.waiters.delete(wake);
      signal.removeEventListener('abort', wake);
    }
    this.#gate.checkOpen();
  }
}

function withImageHealth(body: ContainerCreateBody, held: HeldImage): ContainerCreateBody {
  if (held.image.hasHealthcheck !== true || (body.Healthcheck?.Test ?? []).length > 0) return body;
  return { ...body, Healthcheck: { ...body.Healthcheck, Test: ['CMD', '/health'] } };
}

function matchesContainer(container: FakeContainer, filters: EngineFilters): boolean {
  return Object.entries(filters).every(([key, values]) => {
    if (key === 'label') return hasLabels(container.body.Labels ?? {}, values);
    if (key === 'name') return values.some((value) => `/${container.name}`.includes(value));
    if (key === 'id') return values.some((value) => container.id.startsWith(value));
    if (key === 'status') return values.includes(container.status);
    return true;
  });
}

function matchesNetwork(network: FakeNetwork, filters: EngineFilters): boolean {
  return Object.entries(filters).every(([key, values]) => {
    if (key === 'label') return hasLabels(network.labels, values);
    if (key === 'name') return values.some((value) => network.name.includes(value));
    return true;
  });
}

function networkDetails(network: FakeNetwork): NetworkDetails {
  const { subnet, gateway } = network;
  return {
    Id: network.id,
    Name: network.name,
    Driver: network.driver,
    Scope: 'local',
    IPAM: { Config: subnet === '' ? [] : [{ Subnet: subnet, Gateway: gateway }] },
    Options: network.options,
    Labels: network.labels,
    Containers: {},
  };
}

function endpointsOf(network: FakeNetwork): NetworkDetails['Containers'] {
  const prefix = network.subnet.split('/')[1] ?? '';
  return Object.fromEntries(
    [...network.endpoints.values()].map((endpoint) => [
      endpoint.containerId,
      { Name: endpoint.name, IPv4Address: `${endpoint.address}/${prefix}` },
    ]),
  );
}
