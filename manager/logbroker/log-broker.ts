import type { Clock } from '../../common/ports/clock.ts';
import type { LogMessage, LogOptions } from '../../common/ports/cluster-api.ts';
import type { ServerCall } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { LogVerdict, newPublishLogsResponse } from '../../proto/gen/logs.ts';
import type {
  ListenLogsRequest,
  LogOrder,
  PublishLogsRequest,
  PublishLogsResponse,
} from '../../proto/gen/logs.ts';
import { newOrderLogsResponse } from '../../proto/gen/managers.ts';
import type { LogBatch, OrderLogsRequest, OrderLogsResponse } from '../../proto/gen/managers.ts';
import type { LogBrokerServer } from '../../proto/rpc/logs.ts';
import type { StoreEvent } from '../store/events.ts';
import type { StoreView } from '../store/view.ts';
import { LogReader } from './log-reader.ts';
import type { LogTarget } from './log-reader.ts';
import { LogRelays } from './log-relays.ts';
import type { LogSink } from './log-sink.ts';
import { NodeOrders } from './node-orders.ts';
import type { LogManagers } from './port.ts';
import { RemoteLogs } from './remote-logs.ts';
import { stopOrder } from './task-read.ts';
import type { TaskRead } from './task-read.ts';

export interface LogBrokerParts {
  readonly view: () => StoreView;
  /** Calls `handler` with the events of each applied entry, in order, and `replaced` when events were passed over; the result ends it. */
  readonly subscribe: (
    handler: (events: readonly StoreEvent[]) => void,
    replaced: () => void,
  ) => () => void;
  /** Where the nodes are that have no session with this manager. */
  readonly managers: LogManagers;
  readonly clock: Clock;
  readonly newReadId: () => string;
  /** Aborts when that session is over. @throws ShoalError `notFound` when it is not the node's current one */
  readonly sessionSignal: (sessionId: string, call: ServerCall) => AbortSignal;
}

interface OpenRead {
  readonly read: TaskRead;
  readonly sink: LogSink;
  /** The way through other managers; none for what is read for one of those. */
  readonly remote: RemoteLogs | undefined;
}

/**
 * Brings readers of logs together with the nodes that have them. A node hears what it is to read on one stream, and sends it in batches of
 * which each is answered: a slow reader answers late, and so stops the engine. Nodes that listen to another manager are read through that one.
 */
export class LogBroker implements LogBrokerServer, Disposable {
  readonly #parts: LogBrokerParts;
  /** Nodes that listen. */
  readonly #nodes = new Map<NodeId, NodeOrders>();
  readonly #readers = new Set<LogReader>();
  readonly #reads = new Map<string, OpenRead>();
  readonly #relays: LogRelays;
  readonly #ended = new AbortController();
  readonly #unwatch: () => void;

  constructor(parts: LogBrokerParts) {
    this.#parts = parts;
    this.#unwatch = parts.managers.watch((nodeId) => {
      this.#route(nodeId);
    });
    this.#relays = new LogRelays({
      clock: parts.clock,
      newReadId: parts.newReadId,
      isListening: (nodeId) => this.#nodes.has(nodeId),
      begin: (read, sink) => {
        this.#begin({ read, sink, remote: undefined });
      },
      cancel: (read) => {
        this.#cancel(read);
      },
      forget: (read) => {
        this.#forget(read);
      },
    });
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
    await using group = new TaskGroup(AbortSignal.any([signal, this.#ended.signal]));
    const reader = this.#newReader(target, options, group);
    this.#readers.add(reader);
    const unsubscribe = options.follow ? this.#subscribe(reader) : undefined;
    try {
      yield* reader.messages(group.signal);
      this.#ended.signal.throwIfAborted();
    } finally {
      unsubscribe?.();
      this.#readers.delete(reader);
    }
  }

  /** Logs of nodes of this manager, for a reader that another one has. @throws ShoalError `tooBusy` */
  async *readLogs(call: ServerCall): AsyncIterable<LogBatch> {
    yield* this.#relays.read(call.peer, AbortSignal.any([call.signal, this.#ended.signal]));
    this.#ended.signal.throwIfAborted();
  }

  /** What such a reader is to have. @throws ShoalError `notFound` when its stream is over, `tooBusy` */
  orderLogs(request: OrderLogsRequest, { peer }: ServerCall): OrderLogsResponse {
    this.#relays.order(request, peer);
    return newOrderLogsResponse();
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
    // What goes through another manager now is not taken from here as well.
    if (open?.read.nodeId !== call.peer.nodeId || open.remote?.has(open.read) === true)
      return newPublishLogsResponse({ verdict: LogVerdict.cancelled });
    const signal = AbortSignal.any([call.signal, session]);
    const verdict = await open.sink.publish(open.read, request, signal);
    return newPublishLogsResponse({ verdict });
  }

  /** Ends all readers and streams. */
  [Symbol.dispose](): void {
    this.#unwatch();
    this.#ended.abort(new ShoalError('unavailable', 'the manager stops'));
  }

  #newReader(target: LogTarget, options: LogOptions, group: TaskGroup): LogReader {
    const { view, clock, newReadId, managers } = this.#parts;
    const reader = new LogReader(
      {
        view,
        clock,
        newReadId,
        isListening: (nodeId) => this.#nodes.has(nodeId) || remote.isListening(nodeId),
        begin: (read) => {
          this.#begin({ read, sink: reader, remote });
        },
        cancel: (read) => {
          this.#cancel(read);
        },
        forget: (read) => {
          this.#forget(read);
        },
      },
      target,
      options,
    );
    const remote = new RemoteLogs({ managers, clock, sink: reader, group });
    return reader;
  }

  #begin(open: OpenRead): void {
    const { read, remote } = open;
    this.#reads.set(read.id, open);
    const orders = this.#nodes.get(read.nodeId);
    if (orders === undefined) remote?.route(read);
    else orders.start(read.id);
  }

  #cancel(read: TaskRead): void {
    this.#forget(read);
    this.#nodes.get(read.nodeId)?.stop(read.id);
  }

  #forget(read: TaskRead): void {
    this.#reads.get(read.id)?.remote?.stop(read);
    this.#reads.delete(read.id);
  }

  /** The node's session may be with another manager now. */
  #route(nodeId: NodeId): void {
    if (this.#nodes.has(nodeId)) return;
    for (const { read, remote } of this.#reads.values())
      if (read.nodeId === nodeId) remote?.route(read);
  }

  #subscribe(reader: LogReader): () => void {
    return this.#parts.subscribe(
      (events) => {
        for (const event of events) reader.note(event);
      },
      () => {
        reader.stateReplaced();
      },
    );
  }

  /** The node hears from the beginning what there is to read; an older stream of it hears nothing more. */
  #listen(nodeId: NodeId): NodeOrders {
    const orders = new NodeOrders();
    this.#nodes.set(nodeId, orders);
    for (const { read, remote } of this.#reads.values()) {
      if (read.nodeId !== nodeId) continue;
      remote?.stop(read);
      orders.start(read.id);
    }
    for (const reader of this.#readers) reader.nodeCame(nodeId);
    this.#relays.nodeCame(nodeId);
    return orders;
  }

  #leave(nodeId: NodeId): void {
    this.#nodes.delete(nodeId);
    this.#route(nodeId);
    for (const reader of this.#readers) reader.nodeWent(nodeId);
    this.#relays.nodeWent(nodeId);
  }
}
