import type { LogOptions } from '../../common/ports/cluster-api.ts';
import type { NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import { newLogOrder, newLogRead, newLogStop } from '../../proto/gen/logs.ts';
import type { LogLine, LogOrder } from '../../proto/gen/logs.ts';

interface TaskReadFields {
  readonly id: string;
  readonly taskId: TaskId;
  readonly serviceId: ServiceId;
  readonly nodeId: NodeId;
  readonly tty: boolean;
  readonly options: LogOptions;
}

/** One task's log on its way from its node: what was taken of it, so that it can go on after the node was away. */
export class TaskRead {
  readonly id: string;
  readonly taskId: TaskId;
  readonly serviceId: ServiceId;
  readonly nodeId: NodeId;
  readonly #tty: boolean;
  readonly #options: LogOptions;
  #sequence = 1;
  #after = '';

  constructor(fields: TaskReadFields) {
    this.id = fields.id;
    this.taskId = fields.taskId;
    this.serviceId = fields.serviceId;
    this.nodeId = fields.nodeId;
    this.#tty = fields.tty;
    this.#options = fields.options;
  }

  /** What its node has to do. */
  order(): LogOrder {
    const { stdout, stderr, follow, since, tail } = this.#options;
    const value = newLogRead({
      taskId: this.taskId,
      tty: this.#tty,
      stdout,
      stderr,
      follow,
      since,
      tail: tail ?? -1,
      after: this.#after,
      sequence: this.#sequence,
    });
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
