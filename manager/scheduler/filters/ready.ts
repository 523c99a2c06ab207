import { NodeState } from '../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import { countNodes, type Filter } from './filter.ts';

/** The node is ready, active, and its engine answers. */
export const readyFilter: Filter = {
  isDynamic: false,
  check: (_demand, { row }) =>
    row.status.state === NodeState.nodeReady &&
    row.spec.availability === NodeAvailability.active &&
    row.status.description?.engineAvailable === true,
  explain: (nodes) => `${countNodes(nodes)} not available for new tasks`,
};
