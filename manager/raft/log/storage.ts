import type { Entry } from '../entry.ts';
import type { ConfState, HardState, Snapshot } from '../snapshot.ts';

/** Why there is nothing at an index: it was compacted away, or it is beyond the end. */
export type Gap = 'compacted' | 'unavailable';

/**
 * The part of the log that was written, as the core reads it: always at hand, never waiting. What the core hands out to
 * be written appears here only once the driver has written it.
 */
export interface LogStorage {
  initialState(): { readonly hardState: HardState; readonly confState: ConfState };
  /** The first index whose entry is there; the one before it is that of the snapshot, or 0. */
  firstIndex(): number;
  /** The last index whose entry is there; `firstIndex` - 1 if none is. */
  lastIndex(): number;
  /** Known from `firstIndex` - 1 to `lastIndex`. */
  term(index: number): number | Gap;
  /** Entries from `from` to before `to`: as many as `maxBytes` allows, and at least one. */
  entries(from: number, to: number, maxBytes: number): readonly Entry[] | Gap;
  /** The newest snapshot; undefined while none can be had, and the core asks again later. */
  snapshot(): Snapshot | undefined;
}
