import type {
  EngineApi,
  NetworkCreateBody,
  NetworkDetails,
} from '../../common/ports/engine-api.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { SingleFlight } from '../../common/run/single-flight.ts';
import type { NodeNetwork } from '../../proto/gen/dispatcher.ts';

/** Label that marks a network of the engine as this cluster network's part on the node. */
const networkIdLabel = 'shoal.network.id';

/** Containers that an error names. */
const shownContainers = 5;

/** Leaves room for the VXLAN header, so that a network need not be made anew when a second node joins. */
const mtuBytes = 1450;

/**
 * The cluster's networks as bridges of the local engine, made when the first task needs them.
 *
 * While a cluster is one node, the engine's own masquerade stays on: it touches only what leaves the bridge, so tasks reach the outside
 * and the node reaches tasks. Addresses between nodes need it off; that comes together with the rules which replace it.
 */
export class NodeNetworks {
  readonly #engine: EngineApi;
  readonly #making = new SingleFlight<void>();
  /** Ids of the networks known to be there. */
  readonly #present = new Set<string>();
  /** Network id by the engine's id. */
  readonly #idByEngineId = new Map<string, string>();

  constructor(engine: EngineApi) {
    this.#engine = engine;
  }

  /** The name that the network has on the engine; the engine's own `ingress` would clash without the prefix. */
  engineName(network: NodeNetwork): string {
    return `shoal_${network.name}`;
  }

  /**
   * Makes sure that the network is there; those who need it at the same time share the work.
   * @throws ShoalError `engineRefused` when another network has its name or its subnet.
   */
  async ensure(network: NodeNetwork, signal: AbortSignal): Promise<void> {
    if (this.#present.has(network.id)) return;
    await this.#making.run(
      network.id,
      async (shared) => {
        await this.#make(network, shared);
        this.#present.add(network.id);
      },
      signal,
    );
  }

  /** Forgets what is known to be there: the engine may be another one, or someone removed a network. */
  forget(): void {
    this.#present.clear();
    this.#idByEngineId.clear();
  }

  /** The cluster's id of the engine's network `engineId`; undefined when it is not one of the cluster's. */
  async idOf(engineId: string, signal: AbortSignal): Promise<string | undefined> {
    if (!this.#idByEngineId.has(engineId)) {
      for (const network of await this.#engine.listNetworks({ label: [networkIdLabel] }, signal)) {
        this.#idByEngineId.set(network.Id, network.Labels[networkIdLabel] ?? '');
      }
    }
    return this.#idByEngineId.get(engineId);
  }

  /** Removes every network of the cluster that no container uses. For a node that leaves. */
  async removeUnused(signal: AbortSignal): Promise<void> {
    this.forget();
    for (const network of await this.#engine.listNetworks({ label: [networkIdLabel] }, signal)) {
      try {
        await this.#engine.removeNetwork(network.Id, signal);
      } catch (error) {
        if (isShoalError(error, 'engineUnavailable') || !isShoalError(error)) throw error;
      }
    }
  }

  async #make(network: NodeNetwork, signal: AbortSignal): Promise<void> {
    const body = networkBody(this.engineName(network), network);
    const found = await this.#find(body.Name, signal);
    if (found !== undefined) {
      if (isSame(found, network)) return;
      await this.#removeStale(found, signal);
    }
    try {
      await this.#engine.createNetwork(body, signal);
    } catch (error) {
      if (!isShoalError(error, 'conflict')) throw explained(error, network);
      const other = await this.#find(body.Name, signal);
      if (other === undefined || !isSame(other, network)) throw refusal(error.message, error);
    }
  }

  async #find(name: string, signal: AbortSignal): Promise<NetworkDetails | undefined> {
    try {
      return await this.#engine.inspectNetwork(name, signal);
    } catch (error) {
      if (isShoalError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  /** What an earlier cluster of this node left behind may go; what is someone else's may not. */
  async #removeStale(found: NetworkDetails, signal: AbortSignal): Promise<void> {
    if (!Object.hasOwn(found.Labels, networkIdLabel)) {
      throw refusal(
        `network ${found.Name} exists on the engine and is not a network of this cluster`,
      );
    }
    try {
      await this.#engine.removeNetwork(found.Id, signal);
    } catch (error) {
      if (isShoalError(error, 'notFound')) return;
      if (!isShoalError(error) || error.code === 'engineUnavailable') throw error;
      throw refusal(leftover(found), error);
    }
  }
}

/** What an earlier cluster of this node left running, and what to do about it. */
function leftover({ Name: name, Containers: containers }: NetworkDetails): string {
  const names = Object.values(containers).map((container) => container.Name);
  const shown = names.slice(0, shownContainers).join(' ');
  const more = names.length > shownContainers ? ` and ${names.length - shownContainers} more` : '';
  return (
    `network ${name} of an earlier cluster is still used by ${shown}${more}: ` +
    `remove them with "docker rm -f $(docker ps -aq --filter network=${name})"`
  );
}

function networkBody(name: string, network: NodeNetwork): NetworkCreateBody {
  return {
    Name: name,
    Driver: 'bridge',
    CheckDuplicate: true,
    IPAM: {
      Driver: 'default',
      Config: [{ Subnet: network.subnet, Gateway: network.gateway }],
    },
    Options: {
      'com.docker.network.bridge.name': bridgeName(network.id),
      'com.docker.network.driver.mtu': String(mtuBytes),
    },
    Labels: { [networkIdLabel]: network.id },
  };
}

/** Name of the kernel's device: 15 characters, its limit. */
function bridgeName(networkId: string): string {
  return `shoal${networkId.slice(0, 10)}`;
}

function isSame(found: NetworkDetails, network: NodeNetwork): boolean {
  const config = found.IPAM.Config[0];
  return (
    found.Labels[networkIdLabel] === network.id &&
    config?.Subnet === network.subnet &&
    config.Gateway === network.gateway
  );
}

/** The engine says "Pool overlaps …" without saying whose; people need to know which. */
function explained(error: unknown, network: NodeNetwork): unknown {
  if (!isShoalError(error, 'engineRefused')) return error;
  return refusal(`network ${network.name} (${network.subnet}): ${error.message}`, error);
}

function refusal(message: string, cause?: unknown): ShoalError {
  return new ShoalError('engineRefused', message, { cause });
}
