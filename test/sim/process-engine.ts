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
  ImageDetails,
  NetworkCreateBody,
  NetworkCreated,
  NetworkDetails,
  PullProgress,
  RemoveContainerOptions,
} from '../../common/ports/engine-api.ts';
import type { Incarnation } from './incarnation.ts';

/** Sees the calls that change containers. */
export interface EngineHooks {
  /** Before the call reaches the engine. */
  readonly before: (call: string, container: string) => void;
  /** After it took effect or failed, before the process hears of it. */
  readonly after: (call: string) => void;
}

/** The engine as one process reaches it: calls of a process that is gone take effect, and nobody hears the answer. */
export class ProcessEngine implements EngineApi {
  readonly #engine: EngineApi;
  readonly #life: Incarnation;
  readonly #hooks: EngineHooks;

  constructor(engine: EngineApi, life: Incarnation, hooks: EngineHooks) {
    this.#engine = engine;
    this.#life = life;
    this.#hooks = hooks;
  }

  ping(signal: AbortSignal): Promise<EnginePing> {
    return this.#life.hold(this.#engine.ping(signal));
  }

  version(signal: AbortSignal): Promise<EngineVersion> {
    return this.#life.hold(this.#engine.version(signal));
  }

  info(signal: AbortSignal): Promise<EngineInfo> {
    return this.#life.hold(this.#engine.info(signal));
  }

  createContainer(
    name: string,
    body: ContainerCreateBody,
    signal: AbortSignal,
  ): Promise<ContainerCreated> {
    return this.#change('create', name, () => this.#engine.createContainer(name, body, signal));
  }

  inspectContainer(container: string, signal: AbortSignal): Promise<ContainerDetails> {
    return this.#life.hold(this.#engine.inspectContainer(container, signal));
  }

  async containerLogs(
    container: string,
    options: ContainerLogsOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly ContainerLogLine[]>> {
    return this.#each(
      await this.#life.hold(this.#engine.containerLogs(container, options, signal)),
    );
  }

  startContainer(container: string, signal: AbortSignal): Promise<void> {
    return this.#change('start', container, () => this.#engine.startContainer(container, signal));
  }

  stopContainer(container: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    return this.#change('stop', container, () =>
      this.#engine.stopContainer(container, graceSeconds, signal),
    );
  }

  killContainer(container: string, signalName: string, signal: AbortSignal): Promise<void> {
    return this.#change('kill', container, () =>
      this.#engine.killContainer(container, signalName, signal),
    );
  }

  removeContainer(
    container: string,
    options: RemoveContainerOptions,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#change('remove', container, () =>
      this.#engine.removeContainer(container, options, signal),
    );
  }

  listContainers(
    filters: EngineFilters,
    signal: AbortSignal,
  ): Promise<readonly ContainerSummary[]> {
    return this.#life.hold(this.#engine.listContainers(filters, signal));
  }

  inspectImage(reference: string, signal: AbortSignal): Promise<ImageDetails> {
    return this.#life.hold(this.#engine.inspectImage(reference, signal));
  }

  pullImage(
    reference: string,
    registryAuth: string,
    signal: AbortSignal,
  ): AsyncIterable<PullProgress> {
    return this.#each(this.#engine.pullImage(reference, registryAuth, signal));
  }

  createNetwork(body: NetworkCreateBody, signal: AbortSignal): Promise<NetworkCreated> {
    return this.#life.hold(this.#engine.createNetwork(body, signal));
  }

  inspectNetwork(network: string, signal: AbortSignal): Promise<NetworkDetails> {
    return this.#life.hold(this.#engine.inspectNetwork(network, signal));
  }

  removeNetwork(network: string, signal: AbortSignal): Promise<void> {
    return this.#life.hold(this.#engine.removeNetwork(network, signal));
  }

  connectNetwork(
    network: string,
    container: string,
    endpoint: EndpointSettings,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#change('connect', container, () =>
      this.#engine.connectNetwork(network, container, endpoint, signal),
    );
  }

  listNetworks(filters: EngineFilters, signal: AbortSignal): Promise<readonly NetworkDetails[]> {
    return this.#life.hold(this.#engine.listNetworks(filters, signal));
  }

  async events(options: EventsOptions, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    return this.#each(await this.#life.hold(this.#engine.events(options, signal)));
  }

  async #change<T>(call: string, container: string, work: () => Promise<T>): Promise<T> {
    if (!this.#life.isDead) this.#hooks.before(call, container);
    const done = work().finally(() => {
      this.#hooks.after(call);
    });
    return await this.#life.hold(done);
  }

  async *#each<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
    try {
      for await (const item of items) {
        await this.#life.pass();
        yield item;
      }
    } finally {
      await this.#life.pass();
    }
  }
}
