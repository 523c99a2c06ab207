import { countNodes, type Filter } from './filter.ts';

/** No other task of the node binds one of the host-mode ports. */
export const hostPortsFilter: Filter = {
  isDynamic: true,
  check: ({ hostPorts }, offer) => !hostPorts.some((port) => offer.usesHostPort(port)),
  explain: (nodes) => `host-mode port already in use on ${countNodes(nodes)}`,
};
