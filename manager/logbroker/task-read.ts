import { asId } from '../../common/pure/ids.ts';
import type { NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import { newLogOrder, newLogRead, newLogStop } from '../../proto/gen/logs.ts';
import type { LogLine, LogOrder, LogRead } from '../../proto/gen/logs.ts';

interface TaskReadFields {
  readonly id: string;
  readonly serviceId: ServiceId;
  readonly nodeId: NodeId;
  /** What is to be read, and from where. */
  readonly order: LogRead;
}

/** One task's log on its way from its node: what was taken of it, so that it can go on after the node was away. */
export class TaskRead {
  readonly id: string;
  readonly taskId: TaskId;
  readonly serviceId: ServiceId;
  readonly nodeId: NodeId;
  readonly #order: LogRead;
  #sequence: number;
  #after: string;

  constructor({ id, serviceId, nodeId, order }: TaskReadFields) {
    this.id = id;
    this.taskId = asId(order.taskId);
    this.serviceId = serviceId;
    this.nodeId = nodeId;
    this.#order = order;
    this.#sequence = order.sequence;
    this.#after = order.after;
  }

  /** What its node has to do. */
  order(): LogOrder {
    const value = newLogRead({ ...this.#order, after: this.#after, sequence: this.#sequence });
    return newLogOrder({ readId: this.id, order: { kind: 'start', value } });
  }

  /** True for a batch that was taken before: its answer was lost. */
  hasTaken(sequence: number): boolean {
    return sequence < this.#sequence;
  }

  /** Notes that these lines were taken. */
  take(sequence: number, lines: readonly LogLine[]): void {
    this.#sequence = sequence + 1;
    this.#after = lines.at(-1)?.timestamp ?? this.#after;
  }
}

/** Ends what the node reads under this name. */
export function stopOrder(readId: string): LogOrder {
  return newLogOrder({ readId, order: { kind: 'stop', value: newLogStop() } });
}
