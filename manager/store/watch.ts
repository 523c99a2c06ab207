import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { StoreEvent } from './events.ts';

/**
 * events: what happened since the last `take`, whole revisions in order. resync: too much has happened; list again, what follows are
 * the changes after `revision`. empty: nothing new.
 */
export type WatchTake =
  | { readonly kind: 'events'; readonly events: readonly StoreEvent[] }
  | { readonly kind: 'resync'; readonly revision: number }
  | { readonly kind: 'empty' };

export interface Watcher {
  /** What the watcher has not seen. Resume later from the revision of the last event of a take, which is whole. */
  take(): WatchTake;
  /** Ends it; twice is harmless. */
  close(): void;
}

/**
 * Hands the store's events to watchers: each sees every revision after the one that it starts from exactly once, or is told to list again.
 *
 * All read one history that is bounded; a watcher that lies too far behind loses its place, never the store its memory.
 */
export class WatchHub {
  /** Events since `#start`, each numbered by its place. */
  #history: StoreEvent[] = [];
  #start = 0;
  /** Everything after this revision is in the history. */
  #floor: number;
  #revision: number;
  readonly #watchers = new Set<HubWatcher>();

  constructor(revision: number) {
    this.#floor = revision;
    this.#revision = revision;
  }

  /**
   * Watches what comes after `fromRevision`, or after now when it is undefined.
   *
   * `wake` is called once when something new is there, and again only after a `take`; it must not throw.
   * @throws ShoalError `limitExceeded` when there are too many watchers.
   */
  watch(fromRevision: number | undefined, wake: () => void): Watcher {
    if (this.#watchers.size >= limits.watchers) {
      throw new ShoalError('limitExceeded', 'too many watchers');
    }
    const watcher = new HubWatcher(this, this.#placeAfter(fromRevision), wake);
    this.#watchers.add(watcher);
    return watcher;
  }

  /** Adds the events of one set. Watchers hear of them at the next `flush`. */
  publish(revision: number, events: readonly StoreEvent[]): void {
    this.#revision = revision;
    for (const event of events) this.#history.push(event);
  }

  /** Wakes those for whom something new is there. */
  flush(): void {
    this.#trim();
    for (const watcher of this.#watchers) watcher.wakeIfBehind(this.#end);
  }

  /** The state was replaced by another one: everybody lists again. */
  reset(revision: number): void {
    this.#start = this.#end + 1;
    this.#history = [];
    this.#floor = revision;
    this.#revision = revision;
    this.flush();
  }

  /** What `watcher` at `place` has not seen, and its next place. */
  takeFrom(place: number): { readonly take: WatchTake; readonly place: number } {
    const end = this.#end;
    if (place < this.#start || end - place > limits.watchQueueEvents) {
      return { take: { kind: 'resync', revision: this.#revision }, place: end };
    }
    if (place === end) return { take: { kind: 'empty' }, place };
    return {
      take: { kind: 'events', events: this.#history.slice(place - this.#start) },
      place: end,
    };
  }

  remove(watcher: HubWatcher): void {
    this.#watchers.delete(watcher);
  }

  get #end(): number {
    return this.#start + this.#history.length;
  }

  /** Place of the first event after `revision`; before the history when not all that came after it is there. */
  #placeAfter(revision: number | undefined): number {
    if (revision === undefined || revision === this.#revision) return this.#end;
    if (revision < this.#floor || revision > this.#revision) return this.#start - 1;
    const index = this.#history.findIndex((event) => event.revision > revision);
    return index < 0 ? this.#end : this.#start + index;
  }

  /** Keeps at most `limits.watchHistoryEvents`; drops a good part at once, and only whole revisions. */
  #trim(): void {
    if (this.#history.length <= limits.watchHistoryEvents) return;
    let drop = this.#history.length - (limits.watchHistoryEvents * 3) / 4;
    const last = this.#history[drop - 1]?.revision ?? this.#floor;
    while (this.#history[drop]?.revision === last) drop += 1;
    this.#history = this.#history.slice(drop);
    this.#start += drop;
    this.#floor = last;
  }
}

class HubWatcher implements Watcher {
  readonly #hub: WatchHub;
  readonly #wake: () => void;
  #place: number;
  #wasWoken = false;

  constructor(hub: WatchHub, place: number, wake: () => void) {
    this.#hub = hub;
    this.#place = place;
    this.#wake = wake;
  }

  take(): WatchTake {
    this.#wasWoken = false;
    const { take, place } = this.#hub.takeFrom(this.#place);
    this.#place = place;
    return take;
  }

  wakeIfBehind(end: number): void {
    if (this.#wasWoken || this.#place === end) return;
    this.#wasWoken = true;
    this.#wake();
  }

  close(): void {
    this.#hub.remove(this);
  }
}
