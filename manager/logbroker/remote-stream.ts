import type { Clock } from '../../common/ports/clock.ts';
import type { RpcChannel } from '../../common/ports/rpc.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import { LogVerdict, newLogOrder, newPublishLogsRequest } from '../../proto/gen/logs.ts';
import type { PublishLogsRequest } from '../../proto/gen/logs.ts';
import {
  newNodeLogOrder,
  newOrderLogsRequest,
  newReadLogsRequest,
  type LogBatch,
  type NodeLogOrder,
} from '../../proto/gen/managers.ts';
import { managersClient, type ManagersClient } from '../../proto/rpc/managers.ts';
import type { LogSink } from './log-sink.ts';
import { NodeOrders } from './node-orders.ts';
import { stopOrder, type TaskRead } from './task-read.ts';

export interface RemoteStreamParts {
  /** The way to the manager; undefined while it is none of the cluster. */
  readonly channel: () => RpcChannel | undefined;
  readonly clock: Clock;
  readonly sink: LogSink;
}

/**
 * What one reader has through one other manager. Each read is ordered under a name of its own, so that what is still on its way for an earlier
 * order of the same log counts no more.
 */
export class RemoteStream {
  readonly #parts: RemoteStreamParts;
  /** By the names that they are ordered by now. */
  readonly #reads = new Map<string, TaskRead>();
  readonly #names = new Map<TaskRead, string>();
  /** Nodes that hear orders of the manager. */
  readonly #listening = new Set<NodeId>();
  readonly #changed = new Wakeup();
  #orders = new NodeOrders();
  #named = 0;

  constructor(parts: RemoteStreamParts) {
    this.#parts = parts;
  }

  isListening(nodeId: NodeId): boolean {
    return this.#listening.has(nodeId);
  }

  /** The read goes this way from now on, from where it has come to. */
  start(read: TaskRead): void {
    this.#name(read);
    this.#changed.notify();
  }

  /** Nothing of it is taken from here any more. */
  stop(read: TaskRead): void {
    const name = this.#names.get(read);
    if (name === undefined) return;
    this.#names.delete(read);
    this.#reads.delete(name);
    this.#orders.stop(name);
    if (!this.#names.keys().some(({ nodeId }) => nodeId === read.nodeId))
      this.#listening.delete(read.nodeId);
  }

  /** Reads, and begins again when the manager was away, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      while (this.#reads.size === 0 && !signal.aborted) await this.#changed.wait(signal);
      if (signal.aborted) return;
      try {
        const channel = this.#parts.channel();
        if (channel !== undefined) await this.#serve(managersClient(channel), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isShoalError(error)) throw error;
      }
      this.#allWent();
      await this.#parts.clock.sleep(limits.logRetryMs, signal);
    }
  }

  async #serve(client: ManagersClient, signal: AbortSignal): Promise<void> {
    this.#nameAgain();
    await using group = new TaskGroup(signal);
    group.spawn('batches', async (inner) => {
      const batches = client.readLogs(newReadLogsRequest(), { signal: inner });
      for await (const { batch } of batches) {
        if (batch?.kind === 'opened')
          group.spawn('orders', (both) => this.#order(client, batch.value, both));
        else await this.#take(batch, inner);
      }
      throw new ShoalError('unavailable', 'the manager reads no more logs');
    });
    await group.settle();
  }

  async #order(client: ManagersClient, reader: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { starts, stops } = this.#orders.take();
      const orders = [
        ...stops.map((name) => newNodeLogOrder({ order: stopOrder(name) })),
        ...starts.flatMap((name) => this.#startOrder(name)),
      ];
      if (orders.length > 0)
        await client.orderLogs(newOrderLogsRequest({ reader, orders }), { signal });
      await this.#orders.wait(signal);
    }
  }

  #startOrder(name: string): readonly NodeLogOrder[] {
    const read = this.#reads.get(name);
    if (read === undefined) return [];
    const { order } = read.order();
    return [newNodeLogOrder({ nodeId: read.nodeId, order: newLogOrder({ readId: name, order }) })];
  }

  async #take(batch: LogBatch['batch'], signal: AbortSignal): Promise<void> {
    switch (batch?.kind) {
      case 'published':
        await this.#publish(batch.value, signal);
        return;
      case 'nodeCame':
        this.#came(asId(batch.value));
        return;
      case 'nodeWent':
        this.#went(asId(batch.value));
        return;
      case 'opened':
      case undefined:
    }
  }

  /** While there is no room nothing more is taken from the stream. */
  async #publish(request: PublishLogsRequest, signal: AbortSignal): Promise<void> {
    const { sink } = this.#parts;
    const question = newPublishLogsRequest();
    for (;;) {
      const read = this.#reads.get(request.readId);
      if (read === undefined) return;
      const verdict = await sink.publish(read, request, signal);
      if (verdict !== LogVerdict.later) return;
      await sink.publish(read, question, signal);
      signal.throwIfAborted();
    }
  }

  #isOrdered(nodeId: NodeId): boolean {
    return this.#names.keys().some((read) => read.nodeId === nodeId);
  }

  #came(nodeId: NodeId): void {
    if (!this.#isOrdered(nodeId)) return;
    this.#listening.add(nodeId);
    this.#parts.sink.nodeCame(nodeId);
  }

  #allWent(): void {
    for (const nodeId of this.#listening) this.#went(nodeId);
  }

  #went(nodeId: NodeId): void {
    this.#listening.delete(nodeId);
    if (this.#isOrdered(nodeId)) this.#parts.sink.nodeWent(nodeId);
  }

  /** A new stream knows nothing of what an earlier one was told. */
  #nameAgain(): void {
    const reads = [...this.#names.keys()];
    this.#reads.clear();
    this.#names.clear();
    this.#orders = new NodeOrders();
    for (const read of reads) this.#name(read);
  }

  #name(read: TaskRead): void {
    this.#named += 1;
    const name = String(this.#named);
    this.#reads.set(name, read);
    this.#names.set(read, name);
    this.#orders.start(name);
  }
}
