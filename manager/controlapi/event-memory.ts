import type { ClusterEvent } from '../../common/ports/cluster-api.ts';
import { limits } from '../../common/pure/limits.ts';
import { EventQueue } from './event-queue.ts';

interface NotedEvent {
  /** Counts all events, so that those of several types can be put in order again. */
  readonly number: number;
  readonly event: ClusterEvent;
}

/**
 * The last events of whatever clusters a node was a manager of, and those who wait for the next. It lives as long as the daemon: who began
 * to read before there was a cluster, or reads on when the node has left it, misses nothing.
 *
 * Of each type the last `limits.eventMemory` are kept, so that tasks, which change often, do not push out what users did.
 */
export class EventMemory {
  readonly #ofType = new Map<ClusterEvent['type'], NotedEvent[]>();
  readonly #readers = new Set<EventQueue>();
  #noted = 0;

  note(event: ClusterEvent): void {
    const kept = this.#ofType.get(event.type) ?? [];
    this.#ofType.set(event.type, kept);
    kept.push({ number: this.#noted, event });
    this.#noted += 1;
    if (kept.length > limits.eventMemory) kept.shift();
    for (const reader of this.#readers) reader.push(event);
  }

  /** First all that is remembered, in order, be it nothing; then what comes, until `signal` aborts. Ends with `tooBusy` when the reader is too slow. */
  async *read(signal: AbortSignal): AsyncGenerator<readonly ClusterEvent[]> {
    const queue = new EventQueue();
    this.#readers.add(queue);
    try {
      yield this.#past();
      while (!signal.aborted) yield await queue.take(signal);
    } finally {
      this.#readers.delete(queue);
    }
  }

  #past(): readonly ClusterEvent[] {
    const all = [...this.#ofType.values()].flat();
    return all.sort((left, right) => left.number - right.number).map(({ event }) => event);
  }
}
