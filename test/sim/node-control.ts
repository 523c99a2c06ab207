import type { ClusterApi } from '../../common/ports/cluster-api.ts';
import type { NodeControl, NodeFacts } from '../../common/ports/node-control.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import type { Identity } from '../../node/identity/identity.ts';

interface Membership {
  readonly identity: Identity | undefined;
  /** While its manager serves. */
  readonly api: ClusterApi | undefined;
}

/** A node that is in its swarm for good, as far as its API can tell. */
export class SimNodeControl implements NodeControl {
  readonly #membership: () => Membership;

  constructor(membership: () => Membership) {
    this.#membership = membership;
  }

  facts(): NodeFacts {
    const { identity, api } = this.#membership();
    return {
      swarmState: 'active',
      controlAvailable: api !== undefined,
      nodeId: identity?.nodeId ?? '',
      nodeAddress: identity?.advertiseAddress.replace(/:\d+$/, '') ?? '',
      error: '',
      managers: identity?.managers ?? [],
      warnings: [],
    };
  }

  cluster(): ClusterApi {
    const { api } = this.#membership();
    if (api !== undefined) return api;
    throw new ShoalError('notSwarmManager', 'this node is not a swarm manager', {
      fields: { reason: 'starting' },
    });
  }

  /** Nobody listens in the simulation. */
  async *events(): AsyncGenerator<never> {}

  init(): Promise<string> {
    return Promise.reject(new ShoalError('alreadyInSwarm', 'this node is part of a swarm'));
  }

  join(): Promise<void> {
    return Promise.reject(new ShoalError('alreadyInSwarm', 'this node is part of a swarm'));
  }

  leave(): Promise<void> {
    return Promise.reject(new ShoalError('failedPrecondition', 'this node stays'));
  }
}
