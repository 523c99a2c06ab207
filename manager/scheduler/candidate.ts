import type { PortConfig } from '../../proto/gen/specs.ts';
import type { NodeRow } from '../store/rows.ts';
import type { Demand, Offer } from './filters/filter.ts';
import { hostPortKey } from './host-port.ts';
import type { NodeLoad } from './node-index.ts';
import type { Standing } from './standing.ts';

/** A node as one decision sees it: its load in the view plus what the decision has placed on it so far. */
export class Candidate implements Offer, Standing {
  readonly row: NodeRow;
  serviceTasks: number;
  totalTasks: number;
  freeNanoCpus: number;
  freeMemoryBytes: number;
  readonly #load: NodeLoad;
  readonly #demand: Demand;
  #hasPlaced = false;

  constructor(standing: Standing, load: NodeLoad, demand: Demand) {
    const { row } = standing;
    this.row = row;
    this.#load = load;
    this.#demand = demand;
    this.serviceTasks = standing.serviceTasks;
    this.totalTasks = standing.totalTasks;
    this.freeNanoCpus = (row.status.description?.nanoCpus ?? 0) - load.nanoCpus;
    this.freeMemoryBytes = (row.status.description?.memoryBytes ?? 0) - load.memoryBytes;
  }

  usesHostPort(port: PortConfig): boolean {
    const key = hostPortKey(port);
    if (this.#load.hostPorts.has(key)) return true;
    return this.#hasPlaced && this.#demand.hostPorts.some((own) => hostPortKey(own) === key);
  }

  /** Counts one more task of the demand on this node. */
  place(): void {
    this.#hasPlaced = true;
    this.serviceTasks += 1;
    this.totalTasks += 1;
    this.freeNanoCpus -= this.#demand.spec.reservations?.nanoCpus ?? 0;
    this.freeMemoryBytes -= this.#demand.spec.reservations?.memoryBytes ?? 0;
  }
}
