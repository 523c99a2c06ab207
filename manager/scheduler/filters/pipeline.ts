import { constraintsFilter } from './constraints.ts';
import type { Demand, Filter, Offer } from './filter.ts';
import { hostPortsFilter } from './host-ports.ts';
import { maxReplicasFilter } from './max-replicas.ts';
import { platformFilter } from './platform.ts';
import { readyFilter } from './ready.ts';
import { resourcesFilter } from './resources.ts';

/** All filters for one demand, in swarm mode's order, and how often each was the first to refuse a node. */
export class Pipeline {
  readonly #demand: Demand;
  readonly #filters: readonly Filter[];
  readonly #dynamic: readonly Filter[];
  readonly #refusals = new Map<Filter, number>();

  constructor(demand: Demand) {
    this.#demand = demand;
    this.#filters = [
      readyFilter,
      resourcesFilter,
      constraintsFilter(demand.spec.placement?.constraints ?? []),
      platformFilter,
      hostPortsFilter,
      maxReplicasFilter,
    ];
    this.#dynamic = this.#filters.filter((filter) => filter.isDynamic);
  }

  /** True when the node may take a task. Each node is admitted or refused once. */
  admits(offer: Offer): boolean {
    return this.#passes(this.#filters, offer);
  }

  /** True when a node that was admitted may take one more, after a placement on it. */
  stillAdmits(offer: Offer): boolean {
    return this.#passes(this.#dynamic, offer);
  }

  /** Why no node is left, as swarm mode words it: the reason that refused most nodes first. */
  explain(): string {
    const reasons = this.#filters
      .map((filter) => ({ filter, nodes: this.#refusals.get(filter) ?? 0 }))
      .filter(({ nodes }) => nodes > 0)
      .toSorted((left, right) => right.nodes - left.nodes)
      .map(({ filter, nodes }) => filter.explain(nodes));
    return reasons.length === 0 ? 'no suitable node' : `no suitable node (${reasons.join('; ')})`;
  }

  #passes(filters: readonly Filter[], offer: Offer): boolean {
    const refusing = filters.find((filter) => !filter.check(this.#demand, offer));
    if (refusing === undefined) return true;
    this.#refusals.set(refusing, (this.#refusals.get(refusing) ?? 0) + 1);
    return false;
  }
}
