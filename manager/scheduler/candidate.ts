import type { PortConfig } from '../../proto/gen/specs.ts';
import type { NodeRow } from '../store/rows.ts';
import type { Demand, Offer } from './filters/filter.ts';
import { hostPortKey } from './host-port.ts';
import type { NodeLoad } from './node-index.ts';

/** A node as one decision sees it: its load in the view plus what the decision has placed on it so far. */
export class Candidate implements Offer {
  readonly row: NodeRow;
  serviceTasks: number;
  totalTasks: number;
  freeNanoCpus: number;
  freeMemoryBytes: number;
  /** True when the filters let it take a task. */
  isOpen = true;
  readonly #load: NodeLoad;
  readonly #demand: Demand;
  #hasPlaced = false;

  constructor(row: NodeRow, load: NodeLoad, demand: Demand) {
    this.row = row;
    this.#load = load;
    this.#demand = demand;
    this.serviceTasks = load.tasksByService.get(demand.serviceId) ?? 0;
    this.totalTasks = load.tasks;
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

/** True when `left` is to be taken first: fewest tasks of the service, then fewest tasks, then the lower id. */
export function isBetter(left: Candidate, right: Candidate): boolean {
  if (left.serviceTasks !== right.serviceTasks) return left.serviceTasks < right.serviceTasks;
  if (left.totalTasks !== right.totalTasks) return left.totalTasks < right.totalTasks;
  return left.row.id < right.row.id;
}
