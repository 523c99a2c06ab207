import type { Clock } from '../../common/ports/clock.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import { LogVerdict, newPublishLogsRequest } from '../../proto/gen/logs.ts';
import type { LogRead, PublishLogsRequest } from '../../proto/gen/logs.ts';
import { newLogBatch } from '../../proto/gen/managers.ts';
import type { LogBatch, NodeLogOrder } from '../../proto/gen/managers.ts';
import { LineQueue } from './line-queue.ts';
import type { LineBatch } from './line-queue.ts';
import type { LogSink } from './log-sink.ts';
import { TaskRead } from './task-read.ts';

export interface LogRelayParts {
  readonly clock: Clock;
  readonly newReadId: () => string;
  /** True while the node hears orders of this manager. */
  readonly isListening: (nodeId: NodeId) => boolean;
  /** The node is to read this. */
  readonly begin: (read: TaskRead, sink: LogSink) => void;
  /** The node is not to go on with it. */
  readonly cancel: (read: TaskRead) => void;
  /** The node has ended it. */
  readonly forget: (read: TaskRead) => void;
}

interface RelayBatch extends LineBatch {
  readonly published: PublishLogsRequest;
}

/**
 * Logs of nodes of this manager for a reader that another manager has: what that one orders, and what the nodes send for it. Which tasks there
 * are, and what is missing, is the other manager's to decide.
 */
export class LogRelay implements LogSink {
  readonly #parts: LogRelayParts;
  /** By the names that the other manager gave. */
  readonly #reads = new Map<string, TaskRead>();
  readonly #names = new Map<TaskRead, string>();
  /** Nodes of which is still to be told that they came, or went. */
  readonly #notices = new Map<NodeId, 'nodeCame' | 'nodeWent'>();
  readonly #lines = new LineQueue<RelayBatch>();
  readonly #changed = new Wakeup();

  constructor(parts: LogRelayParts) {
    this.#parts = parts;
  }

  /** What the other manager hears, first `name`, until `signal` aborts. Iterated once; between two of them nothing is read but what the queue takes. */
  async *batches(name: string, signal: AbortSignal): AsyncGenerator<LogBatch, void> {
    try {
      yield newLogBatch({ batch: { kind: 'opened', value: name } });
      while (!signal.aborted) {
        const batch = this.#lines.take();
        yield* this.#takeNotices();
        if (batch === undefined) await this.#changed.wait(signal);
        else yield newLogBatch({ batch: { kind: 'published', value: batch.published } });
      }
    } finally {
      for (const read of this.#names.keys()) this.#parts.cancel(read);
      this.#reads.clear();
      this.#names.clear();
      this.#lines.release();
    }
  }

  /** @throws ShoalError `tooBusy` when it would be more than one reader has */
  order({ nodeId, order }: NodeLogOrder): void {
    if (order === undefined) return;
    this.#stop(order.readId);
    if (order.order?.kind === 'start')
      this.#start(order.readId, asId<'node'>(nodeId), order.order.value);
  }

  async publish(
    read: TaskRead,
    request: PublishLogsRequest,
    signal: AbortSignal,
  ): Promise<LogVerdict> {
    const { lines, sequence, end, error } = request;
    if (lines.length === 0 && !end) return await this.#lines.awaitRoom(this.#parts.clock, signal);
    const readId = this.#names.get(read);
    if (readId === undefined) return LogVerdict.cancelled;
    if (!read.hasTaken(sequence)) {
      if (lines.length > 0 && this.#lines.isFull) return LogVerdict.later;
      const published = newPublishLogsRequest({ readId, sequence, lines, end, error });
      this.#lines.push({ read, lines, published });
      read.take(sequence, lines);
    }
    if (end) {
      this.#forget(readId, read);
      this.#parts.forget(read);
    }
    this.#changed.notify();
    return LogVerdict.accepted;
  }

  nodeCame(nodeId: NodeId): void {
    this.#tell(nodeId, 'nodeCame');
  }

  nodeWent(nodeId: NodeId): void {
    this.#tell(nodeId, 'nodeWent');
  }

  #start(readId: string, nodeId: NodeId, order: LogRead): void {
    if (this.#reads.size >= limits.logReads)
      throw new ShoalError('tooBusy', 'too many logs are read for one reader');
    const read = new TaskRead({ id: this.#parts.newReadId(), serviceId: asId(''), nodeId, order });
    this.#reads.set(readId, read);
    this.#names.set(read, readId);
    this.#parts.begin(read, this);
    this.#tell(nodeId, this.#parts.isListening(nodeId) ? 'nodeCame' : 'nodeWent');
  }

  #stop(readId: string): void {
    const read = this.#reads.get(readId);
    if (read === undefined) return;
    this.#forget(readId, read);
    this.#parts.cancel(read);
  }

  #forget(readId: string, read: TaskRead): void {
    this.#reads.delete(readId);
    this.#names.delete(read);
  }

  #tell(nodeId: NodeId, what: 'nodeCame' | 'nodeWent'): void {
    if (!this.#names.keys().some((read) => read.nodeId === nodeId)) return;
    this.#notices.set(nodeId, what);
    this.#changed.notify();
  }

  *#takeNotices(): Iterable<LogBatch> {
    const notices = [...this.#notices];
    this.#notices.clear();
    for (const [value, kind] of notices) yield newLogBatch({ batch: { kind, value } });
  }
}
