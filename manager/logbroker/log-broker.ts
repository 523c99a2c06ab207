import type { Clock } from '../../common/ports/clock.ts';
import type { LogMessage, LogOptions } from '../../common/ports/cluster-api.ts';
import type { ServerCall } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { LogVerdict, newPublishLogsResponse } from '../../proto/gen/logs.ts';
import type {
  ListenLogsRequest,
  LogOrder,
  PublishLogsRequest,
  PublishLogsResponse,
} from '../../proto/gen/logs.ts';
import type { LogBrokerServer } from '../../proto/rpc/logs.ts';
import type { StoreEvent } from '../store/events.ts';
import type { StoreView } from '../store/view.ts';
import { LogReader } from './log-reader.ts';
import type { LogTarget } from './log-reader.ts';
import { NodeOrders } from './node-orders.ts';
import { stopOrder } from './task-read.ts';
import type { TaskRead } from './task-read.ts';

export interface LogBrokerParts {
  readonly view: () => StoreView;
  /** Calls `handler` with the events of each applied entry, in order; the result ends it. */
  readonly subscribe: (handler: (events: readonly StoreEvent[]) => void) => () => void;
  readonly clock: Clock;
  readonly newReadId: () => string;
  /** Aborts when that session is over. @throws ShoalError `notFound` when it is not the node's current one */
  readonly sessionSignal: (sessionId: string, call: ServerCall) => AbortSignal;
}

/**
 * Brings readers of logs together with the nodes that have them. A node hears what it is to read on one stream, and sends it in batches of
 * which each is answered: a slow reader answers late, and so stops the engine.
 */
export class LogBroker implements LogBrokerServer, Disposable {
  readonly #parts: LogBrokerParts;
  /** Nodes that listen. */
  readonly #nodes = new Map<NodeId, NodeOrders>();
  readonly #readers = new Set<LogReader>();
  readonly #reads = new Map<string, { readonly read: TaskRead; readonly reader: LogReader }>();
  readonly #ended = new AbortController();

  constructor(parts: LogBrokerParts) {
    this.#parts = parts;
  }

  /**
   * The logs of `target`: see `ClusterApi.logs`.
   * @throws ShoalError `tooBusy` when too many read already, `unavailable` when the manager stops
   */
  async *read(
    target: LogTarget,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogMessage[], void> {
    if (this.#readers.size >= limits.logReaders)
      throw new ShoalError('tooBusy', 'too many logs are being read');
    const reader = this.#newReader(target, options);
    this.#readers.add(reader);
    const unsubscribe = options.follow ? this.#subscribe(reader) : undefined;
    try {
      yield* reader.messages(AbortSignal.any([signal, this.#ended.signal]));
      this.#ended.signal.throwIfAborted();
    } finally {
      unsubscribe?.();
      this.#readers.delete(reader);
    }
  }

  async *listenLogs(request: ListenLogsRequest, call: ServerCall): AsyncIterable<LogOrder> {
    const { nodeId } = call.peer;
    const session = this.#parts.sessionSignal(request.sessionId, call);
    const signal = AbortSignal.any([call.signal, session, this.#ended.signal]);
    const orders = this.#listen(nodeId);
    try {
      while (!signal.aborted) {
        const { starts, stops } = orders.take();
        for (const readId of stops) yield stopOrder(readId);
        for (const readId of starts) {
          const open = this.#reads.get(readId);
          if (open !== undefined) yield open.read.order();
        }
        await orders.wait(signal);
      }
      session.throwIfAborted();
    } finally {
      if (this.#nodes.get(nodeId) === orders) this.#leave(nodeId);
    }
  }

  async publishLogs(request: PublishLogsRequest, call: ServerCall): Promise<PublishLogsResponse> {
    const session = this.#parts.sessionSignal(request.sessionId, call);
    const open = this.#reads.get(request.readId);
    if (open?.read.nodeId !== call.peer.nodeId)
      return newPublishLogsResponse({ verdict: LogVerdict.cancelled });
    const signal = AbortSignal.any([call.signal, session]);
    const verdict = await open.reader.publish(open.read, request, signal);
    return newPublishLogsResponse({ verdict });
  }

  /** Ends all readers and streams. */
  [Symbol.dispose](): void {
    this.#ended.abort(new ShoalError('unavailable', 'the manager stops'));
  }

  #newReader(target: LogTarget, options: LogOptions): LogReader {
    const { view, clock, newReadId } = this.#parts;
    const reader = new LogReader(
      {
        view,
        clock,
        newReadId,
        isListening: (nodeId) => this.#nodes.has(nodeId),
        begin: (read) => {
          this.#reads.set(read.id, { read, reader });
          this.#nodes.get(read.nodeId)?.start(read.id);
        },
        cancel: (read) => {
          this.#reads.delete(read.id);
          this.#nodes.get(read.nodeId)?.stop(read.id);
        },
        forget: (read) => {
          this.#reads.delete(read.id);
        },
      },
      target,
      options,
    );
    return reader;
  }

  #subscribe(reader: LogReader): () => void {
    return this.#parts.subscribe((events) => {
      for (const event of events) reader.note(event);
    });
  }

  /** The node hears from the beginning what there is to read; an older stream of it hears nothing more. */
  #listen(nodeId: NodeId): NodeOrders {
    const orders = new NodeOrders();
    this.#nodes.set(nodeId, orders);
    for (const { read } of this.#reads.values()) if (read.nodeId === nodeId) orders.start(read.id);
    for (const reader of this.#readers) reader.nodeCame(nodeId);
    return orders;
  }

  #leave(nodeId: NodeId): void {
    this.#nodes.delete(nodeId);
    for (const reader of this.#readers) reader.nodeWent(nodeId);
  }
}
