import type { ServerCall } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import type { LogBatch, OrderLogsRequest } from '../../proto/gen/managers.ts';
import { LogRelay, type LogRelayParts } from './log-relay.ts';

interface OpenRelay {
  readonly managerId: NodeId;
  readonly relay: LogRelay;
}

/** Readers that other managers have, and that want logs of nodes of this one. */
export class LogRelays {
  readonly #parts: LogRelayParts;
  readonly #open = new Map<string, OpenRelay>();

  constructor(parts: LogRelayParts) {
    this.#parts = parts;
  }

  /** See `Managers.ReadLogs`. @throws ShoalError `tooBusy` */
  async *read({ nodeId }: ServerCall['peer'], signal: AbortSignal): AsyncGenerator<LogBatch, void> {
    if (this.#open.size >= limits.logRelays)
      throw new ShoalError('tooBusy', 'too many logs are being read for other managers');
    const name = this.#parts.newReadId();
    const relay = new LogRelay(this.#parts);
    this.#open.set(name, { managerId: nodeId, relay });
    try {
      yield* relay.batches(name, signal);
    } finally {
      this.#open.delete(name);
    }
  }

  /** See `Managers.OrderLogs`. @throws ShoalError `notFound`, `tooBusy` */
  order({ reader, orders }: OrderLogsRequest, { nodeId }: ServerCall['peer']): void {
    const open = this.#open.get(reader);
    if (open?.managerId !== nodeId)
      throw new ShoalError('notFound', 'the reader of logs is not known');
    for (const order of orders) open.relay.order(order);
  }

  nodeCame(nodeId: NodeId): void {
    for (const { relay } of this.#open.values()) relay.nodeCame(nodeId);
  }

  nodeWent(nodeId: NodeId): void {
    for (const { relay } of this.#open.values()) relay.nodeWent(nodeId);
  }
}
