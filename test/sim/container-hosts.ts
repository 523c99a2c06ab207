import type { StreamListener } from '../../common/ports/net.ts';
import type { FakeContainer } from '../lib/fake-engine/container.ts';
import type { FakeEngine } from '../lib/fake-engine/fake-engine.ts';
import type { MemoryNetwork } from '../lib/memory-net.ts';

/** Port on which every simulated program listens. */
export const containerPort = 80;

/** Engine's name of the cluster network over which published ports reach tasks. */
const ingressName = 'shoal_ingress';

const taskIdLabel = 'com.docker.swarm.task.id';

/**
 * Gives every running container a host on the virtual network, at its `ingress` address. Whoever connects hears the id of its task, and
 * the connection ends. All engines share one such network, as an overlay makes it.
 */
export class ContainerHosts {
  readonly #network: MemoryNetwork;
  /** Told when two running containers have one address. */
  readonly #clash: (address: string) => void;
  readonly #listeners = new Map<
    string,
    { readonly listener: StreamListener; readonly name: string }
  >();

  constructor(network: MemoryNetwork, clash: (address: string) => void) {
    this.#network = network;
    this.#clash = clash;
  }

  follow(engine: FakeEngine): void {
    engine.observe(({ kind, container }) => {
      if (kind === 'started') void this.#open(container);
      else this.#close(container);
    });
  }

  async #open(container: FakeContainer): Promise<void> {
    const address = container.endpoints[ingressName]?.IPAddress ?? '';
    if (address === '') return;
    const name = `at ${address}`;
    const answer = new TextEncoder().encode(taskIdOf(container));
    try {
      const listener = await this.#network
        .host(name, [address])
        .listen({ kind: 'tcp', host: address, port: containerPort }, (stream) => {
          stream.start({
            data: () => undefined,
            end: () => undefined,
            drained: () => undefined,
            closed: () => undefined,
          });
          stream.write(answer);
          stream.end();
        });
      this.#listeners.set(container.id, { listener, name });
    } catch {
      this.#clash(address);
    }
    if (container.status !== 'running') this.#close(container);
  }

  #close(container: FakeContainer): void {
    const open = this.#listeners.get(container.id);
    if (open === undefined) return;
    this.#listeners.delete(container.id);
    void open.listener.close();
    this.#network.killProcesses(open.name);
  }
}

/** The task that a container belongs to; empty when it is nobody's. */
export function taskIdOf(container: Readonly<FakeContainer>): string {
  return container.body.Labels?.[taskIdLabel] ?? '';
}
