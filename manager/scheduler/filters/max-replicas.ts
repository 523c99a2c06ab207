import type { Filter } from './filter.ts';

/** The node has fewer tasks of the service than the placement allows on one node; 0 = any number. */
export const maxReplicasFilter: Filter = {
  isDynamic: true,
  check: ({ spec }, offer) => {
    const replicasMax = spec.placement?.maxReplicas ?? 0;
    return replicasMax === 0 || offer.serviceTasks < replicasMax;
  },
  explain: () => 'max replicas per node limit exceed',
};
