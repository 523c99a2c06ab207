import { countNodes, type Filter } from './filter.ts';

/** What the task reserves is free: reservations on a node never exceed what it has. */
export const resourcesFilter: Filter = {
  isDynamic: true,
  check: ({ spec }, offer) => {
    const { nanoCpus = 0, memoryBytes = 0 } = spec.reservations ?? {};
    return (
      (nanoCpus === 0 || nanoCpus <= offer.freeNanoCpus) &&
      (memoryBytes === 0 || memoryBytes <= offer.freeMemoryBytes)
    );
  },
  explain: (nodes) => `insufficient resources on ${countNodes(nodes)}`,
};
