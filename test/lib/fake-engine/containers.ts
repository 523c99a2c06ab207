import type { Clock } from '../../../common/ports/clock.ts';
import type {
  ContainerCreateBody,
  HealthStatus,
  PortBinding,
  StringMap,
} from '../../../common/ports/engine-api.ts';
import { newContainer, type FakeContainer } from './container.ts';
import type { EventBus } from './event-bus.ts';
import { engineFailure } from './failure.ts';
import { prefixLength, type FakeNetwork, type FakeNetworks } from './networks.ts';
import type { FakeProgram } from './program.ts';

/** First host port that the engine gives to a binding without one. */
const firstEphemeralPort = 49_153;

/** Something that a test or a virtual network may follow: a container got or lost its addresses. */
export interface FakeContainerChange {
  readonly kind: 'started' | 'stopped';
  readonly container: FakeContainer;
}

export interface ContainersOptions {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly networks: FakeNetworks;
  readonly newId: () => string;
  readonly onChange: (change: FakeContainerChange) => void;
}

/** The containers of one fake engine and what their processes do. Synchronous: latency and faults are the engine's matter. */
export class FakeContainers {
  readonly #options: ContainersOptions;
  readonly #byId = new Map<string, FakeContainer>();
  #sequence = 0;
  #nextPid = 1000;
  #nextPort = firstEphemeralPort;

  constructor(options: ContainersOptions) {
    this.#options = options;
  }

  all(): readonly FakeContainer[] {
    return [...this.#byId.values()];
  }

  /** By id, name (with or without a slash), or a prefix of an id that only one has. */
  find(container: string): FakeContainer {
    const exact = this.#byId.get(container) ?? this.#byName(container.replace(/^\//, ''));
    if (exact !== undefined) return exact;
    const prefixed = this.all().filter((item) => item.id.startsWith(container));
    const only = prefixed.length === 1 ? prefixed[0] : undefined;
    if (only === undefined) throw engineFailure(404, `No such container: ${container}`);
    return only;
  }

  create(name: string, body: ContainerCreateBody): FakeContainer {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
      const text = `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`;
      throw engineFailure(400, text);
    }
    const other = this.#byName(name);
    if (other !== undefined) throw nameTaken(name, other.id);
    const sequence = this.#sequence;
    this.#sequence += 1;
    const container = newContainer({ id: this.#options.newId(), name, body, sequence });
    this.#byId.set(container.id, container);
    this.#publish(container, 'create');
    return container;
  }

  /** Starts it, or leaves the reason in it and throws. */
  start(container: FakeContainer, program: FakeProgram): void {
    container.program = program;
    container.starts += 1;
    try {
      this.#attachAll(container);
      container.ports = this.#bindPorts(container);
      const failure = program.startError;
      if (failure !== undefined) throw engineFailure(failure.statusCode, failure.message);
    } catch (error) {
      this.#detachAll(container);
      container.exitCode = program.startError === undefined ? 128 : 127;
      container.error = error instanceof Error ? error.message : String(error);
      throw error;
    }
    this.#run(container);
  }

  connect(container: FakeContainer, network: string, address: string | undefined): void {
    this.#options.networks.find(network);
    const settings = address === undefined ? {} : { IPAMConfig: { IPv4Address: address } };
    container.networks.set(network, settings);
    if (container.status === 'running') this.#attach(container, network, address);
  }

  /** Takes it off a network, whether it runs or not. */
  disconnect(container: FakeContainer, name: string): void {
    const network = this.#options.networks.find(name);
    if (!container.networks.delete(name)) {
      const text = `container ${container.id} is not connected to network ${network.name}`;
      throw engineFailure(500, text);
    }
    if (!network.endpoints.delete(container.id)) return;
    delete container.endpoints[network.name];
    this.#publishLeft(container, network);
  }

  /** The process ends: `die` is published, addresses and ports are free. */
  exit(container: FakeContainer, exitCode: number, isOutOfMemory = false): void {
    if (container.status !== 'running') return;
    container.run.abort(new Error('container is over'));
    container.status = 'exited';
    container.exitCode = exitCode;
    container.oomKilled = isOutOfMemory;
    container.pid = 0;
    container.health = container.health === 'none' ? 'none' : 'unhealthy';
    container.finishedAtMs = this.#options.clock.wallMs();
    if (isOutOfMemory) this.#publish(container, 'oom');
    this.#publish(container, 'die', { exitCode: String(exitCode) });
    container.log.wake();
    this.#detachAll(container);
    for (const wake of container.waiters) wake();
    container.waiters.clear();
    this.#options.onChange({ kind: 'stopped', container });
  }

  /** Asks the process to end, as `program` says. */
  signal(container: FakeContainer, signalName: string): void {
    this.#publish(container, 'kill', { signal: signalName });
    if (signalName === 'SIGKILL' || signalName === '9') {
      this.exit(container, 137);
      return;
    }
    const stopMs = container.program.stopMs ?? 0;
    const exitCode = container.program.stopExitCode ?? 0;
    if (stopMs === 0) this.exit(container, exitCode);
    else if (stopMs !== Infinity)
      this.#after(container, stopMs, () => this.exit(container, exitCode));
  }

  publishStop(container: FakeContainer): void {
    this.#publish(container, 'stop');
  }

  setHealth(container: FakeContainer, health: HealthStatus): void {
    if (container.status !== 'running' || container.health === health) return;
    container.health = health;
    this.#publish(container, `health_status: ${health}`);
  }

  remove(container: FakeContainer, force: boolean): void {
    if (container.status === 'running' && !force) {
      const advice = 'Stop the container before attempting removal or force remove';
      throw engineFailure(409, `You cannot remove a running container ${container.id}. ${advice}`);
    }
    if (container.status === 'running') this.signal(container, 'SIGKILL');
    this.#byId.delete(container.id);
    container.log.wake();
    this.#publish(container, 'destroy');
  }

  #byName(name: string): FakeContainer | undefined {
    return this.all().find((container) => container.name === name);
  }

  #run(container: FakeContainer): void {
    const { program } = container;
    container.status = 'running';
    container.exitCode = 0;
    container.error = '';
    container.oomKilled = false;
    container.pid = this.#nextPid;
    this.#nextPid += 1;
    container.startedAtMs = this.#options.clock.wallMs();
    container.run = new AbortController();
    container.health = hasHealthcheck(container) ? 'starting' : 'none';
    this.#publish(container, 'start');
    this.#options.onChange({ kind: 'started', container });
    const { health, exitAfterMs, exitCode = 0 } = program;
    const wallMs = this.#options.clock.wallMs();
    for (const text of program.lines ?? [])
      container.log.write({ source: 'stdout', wallMs, text: `${text}\n`, details: '' });
    if (health !== undefined && container.health !== 'none') {
      this.#after(container, health.afterMs, () => this.setHealth(container, health.status));
    }
    if (exitAfterMs !== undefined) {
      this.#after(container, exitAfterMs, () => this.exit(container, exitCode));
    }
  }

  /** Acts later in this run of the container, unless it is over by then. */
  #after(container: FakeContainer, delayMs: number, action: () => void): void {
    const { signal } = container.run;
    this.#options.clock.sleep(delayMs, signal).then(action, () => undefined);
  }

  #attachAll(container: FakeContainer): void {
    for (const [name, settings] of container.networks) {
      this.#attach(container, name, settings.IPAMConfig?.IPv4Address);
    }
  }

  #attach(container: FakeContainer, name: string, address: string | undefined): void {
    const network = this.#options.networks.find(name);
    if (network.driver !== 'bridge') return;
    const endpoint = this.#options.networks.attach(network, container, address);
    container.endpoints[network.name] = {
      NetworkID: network.id,
      IPAddress: endpoint.address,
      IPPrefixLen: prefixLength(network.subnet),
      Gateway: network.gateway,
    };
  }

  #detachAll(container: FakeContainer): void {
    for (const network of this.#options.networks.all()) {
      if (network.endpoints.delete(container.id)) this.#publishLeft(container, network);
    }
    container.endpoints = {};
    container.ports = {};
  }

  #bindPorts(container: FakeContainer): Record<string, readonly PortBinding[]> {
    const wanted = container.body.HostConfig?.PortBindings ?? {};
    const bound: Record<string, readonly PortBinding[]> = {};
    for (const [key, bindings] of Object.entries(wanted)) {
      bound[key] = bindings.map((binding) => ({
        HostIp: '0.0.0.0',
        HostPort: this.#bindPort(container, key, binding.HostPort),
      }));
    }
    return bound;
  }

  #bindPort(container: FakeContainer, key: string, wanted: string): string {
    if (wanted === '' || wanted === '0') {
      this.#nextPort += 1;
      return String(this.#nextPort - 1);
    }
    const protocol = key.split('/')[1] ?? 'tcp';
    if (this.#isBound(protocol, wanted)) {
      const cause = `Bind for 0.0.0.0:${wanted} failed: port is already allocated`;
      const where = `endpoint ${container.name} (${container.id})`;
      throw engineFailure(
        500,
        `driver failed programming external connectivity on ${where}: ${cause}`,
      );
    }
    return wanted;
  }

  #isBound(protocol: string, hostPort: string): boolean {
    return this.all().some((container) =>
      Object.entries(container.ports).some(
        ([key, bindings]) =>
          key.endsWith(`/${protocol}`) && bindings.some((item) => item.HostPort === hostPort),
      ),
    );
  }

  #publishLeft({ id: container }: FakeContainer, network: FakeNetwork): void {
    const attributes = { container, name: network.name, type: network.driver };
    this.#options.events.publish('network', 'disconnect', network.id, attributes);
  }

  #publish(container: FakeContainer, action: string, more: StringMap = {}): void {
    const { Labels: labels = {}, Image: image } = container.body;
    const attributes = { ...labels, image, name: container.name, ...more };
    this.#options.events.publish('container', action, container.id, attributes);
  }
}

function hasHealthcheck(container: FakeContainer): boolean {
  const test = container.body.Healthcheck?.Test ?? [];
  return test.length > 0 && test[0] !== 'NONE';
}

function nameTaken(name: string, owner: string): Error {
  const advice = 'You have to remove (or rename) that container to be able to reuse that name.';
  return engineFailure(
    409,
    `Conflict. The container name "/${name}" is already in use by container "${owner}". ${advice}`,
  );
}
