import type { Clock } from '../../../common/ports/clock.ts';
import type { EngineEvent } from '../../../common/ports/engine-api.ts';
import { limits } from '../../../common/pure/limits.ts';
import { Wakeup } from '../../../common/run/wakeup.ts';
import type { ContainerTable } from './container-table.ts';
import type { EventQueue } from './event-queue.ts';

export interface DisconnectWatchParts {
  readonly clock: Clock;
  readonly table: ContainerTable;
  readonly queue: EventQueue;
}

/**
 * Finds containers that somebody took off a network.
 *
 * The engine tells of each container that leaves a network, and nearly all leave because they end, of which it tells as well, a little before or
 * after. Only those which are not known to be over after a while are worth a look.
 */
export class DisconnectWatch {
  readonly #parts: DisconnectWatchParts;
  /** By container id, what the table knew of it when it left. */
  readonly #left = new Map<string, number>();
  readonly #someLeft = new Wakeup();

  constructor(parts: DisconnectWatchParts) {
    this.#parts = parts;
  }

  /** Takes the engine's network events as they come. */
  async read(stream: AsyncIterable<EngineEvent>): Promise<void> {
    for await (const { Actor: actor } of stream) {
      const containerId = actor.Attributes['container'] ?? '';
      const taskId = this.#parts.table.taskOf(containerId);
      if (taskId === undefined) continue;
      this.#left.set(containerId, this.#parts.table.changes(taskId));
      this.#someLeft.notify();
    }
  }

  /** Tells the queue of those who stay away from their network, until `signal` aborts. */
  async tell(signal: AbortSignal): Promise<void> {
    const { clock, table, queue } = this.#parts;
    while (!signal.aborted) {
      await this.#someLeft.wait(signal);
      await clock.sleep(limits.engineSettleMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      for (const [containerId, changes] of this.#left) {
        const taskId = table.taskOf(containerId);
        if (taskId === undefined || table.changes(taskId) !== changes) continue;
        const status = table.details(taskId)?.State.Status ?? 'running';
        if (status !== 'running') continue;
        table.touch(taskId);
        queue.pushContainer(taskId);
      }
      this.#left.clear();
    }
  }
}
