import type { NodeNetwork } from '../../proto/gen/dispatcher.ts';

/** The cluster's networks on the local engine, as an executor needs them. */
export interface TaskNetworks {
  /** The name that the network has on the engine. */
  engineName(network: NodeNetwork): string;
  /**
   * Makes sure that the network is there.
   * @throws ShoalError `engineRefused` when another network has its name or its subnet.
   */
  ensure(network: NodeNetwork, signal: AbortSignal): Promise<void>;
  /** Forgets what is known to be there: the engine may be another one, or someone removed a network. */
  forget(): void;
  /** The cluster's id of the engine's network `engineId`; undefined when it is not one of the cluster's. */
  idOf(engineId: string, signal: AbortSignal): Promise<string | undefined>;
  /** Removes every network of the cluster that no container uses. For a node that leaves. */
  removeUnused(signal: AbortSignal): Promise<void>;
}
