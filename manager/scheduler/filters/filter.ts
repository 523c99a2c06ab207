import type { TaskSpec } from '../../../proto/gen/specs.ts';
import type { PortConfig } from '../../../proto/gen/specs.ts';
import type { NodeRow } from '../../store/rows.ts';

/** What the tasks of one service and one spec revision ask of a node. */
export interface Demand {
  readonly serviceId: string;
  readonly spec: TaskSpec;
  /** Host-mode ports with a fixed number. */
  readonly hostPorts: readonly PortConfig[];
}

/** A node with what is left of it, as far as this decision has come. */
export interface Offer {
  readonly row: NodeRow;
  /** Tasks of the demand's service that are meant to run here. */
  readonly serviceTasks: number;
  /** All tasks that are meant to run here. */
  readonly totalTasks: number;
  readonly freeNanoCpus: number;
  readonly freeMemoryBytes: number;
  /** True when something holds that host port of the node. */
  usesHostPort(port: PortConfig): boolean;
}

/** One reason for which a node cannot take a task. */
export interface Filter {
  /** True when a placement here may change the verdict; the others are asked once for each node. */
  readonly isDynamic: boolean;
  /** True when the node may take one more task of the demand. */
  check(demand: Demand, offer: Offer): boolean;
  /** The reason in words, for `nodes` of which this filter was the first to refuse. */
  explain(nodes: number): string;
}

/** `1 node`, `3 nodes`. */
export function countNodes(nodes: number): string {
  return nodes === 1 ? '1 node' : `${nodes} nodes`;
}
