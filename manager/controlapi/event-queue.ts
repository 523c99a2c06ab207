import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { ClusterEvent } from '../../common/ports/cluster-api.ts';
import { Wakeup } from '../../common/run/wakeup.ts';

/** Events that one reader has not taken yet; bounded. */
export class EventQueue {
  readonly #pushed = new Wakeup();
  #events: ClusterEvent[] = [];
  #hasOverflowed = false;

  push(event: ClusterEvent): void {
    if (this.#events.length >= limits.watchQueueEvents) this.#hasOverflowed = true;
    else this.#events.push(event);
    this.#pushed.notify();
  }

  /**
   * Waits for events and takes all of them; none when `signal` aborts.
   * @throws ShoalError `tooBusy` when the reader was too slow
   */
  async take(signal: AbortSignal): Promise<readonly ClusterEvent[]> {
    while (this.#events.length === 0 && !signal.aborted) await this.#pushed.wait(signal);
    if (this.#hasOverflowed)
      throw new ShoalError('tooBusy', 'events come faster than they are read');
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
