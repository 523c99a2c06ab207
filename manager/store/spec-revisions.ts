import type { ServiceId } from '../../common/pure/ids.ts';
import { invariant } from '../../common/pure/invariant.ts';
import { limits } from '../../common/pure/limits.ts';
import { contentSum, mix, numberSum, textSum } from './content-sum.ts';
import type { SpecRevisionRow } from './rows.ts';
import { Table } from './table.ts';

interface Kept {
  readonly row: SpecRevisionRow;
  /** What it counts in the sum over all. */
  readonly sum: number;
  /** Tasks that run it. */
  tasks: number;
}

interface History {
  /** False once the service is gone: only what tasks run is kept then. */
  exists: boolean;
  /** Oldest first. */
  kept: Kept[];
}

/**
 * Spec revisions of services, each stored once: the newest `limits.specRevisions` of a service (its current and previous one are
 * among them), and those that tasks run.
 */
export class SpecRevisions {
  readonly #histories = new Table<History>();
  #sum = 0;

  /** Sum over all revisions that are kept, 32 bits. */
  get sum(): number {
    return this.#sum;
  }

  get(id: ServiceId, version: number): SpecRevisionRow | undefined {
    return this.#histories.get(id)?.kept.find((kept) => kept.row.version === version)?.row;
  }

  /** The revisions of a service that are kept, oldest first. */
  list(id: ServiceId): readonly SpecRevisionRow[] {
    return this.#histories.get(id)?.kept.map((kept) => kept.row) ?? [];
  }

  /** Adds a revision, newer than those of the service so far. */
  add(row: SpecRevisionRow): void {
    const history = this.#histories.get(row.serviceId) ?? { exists: false, kept: [] };
    const newest = history.kept.at(-1)?.row.version ?? 0;
    invariant(row.version > newest, 'a new spec revision is the newest');
    const sum = revisionSum(row);
    history.kept.push({ row, sum, tasks: 0 });
    this.#sum = (this.#sum + sum) | 0;
    this.#histories.set(row.serviceId, history);
  }

  /** Holds that the service is there (or not any more), and forgets what is not kept then. */
  setExists(id: ServiceId, exists: boolean): void {
    const history = this.#histories.get(id);
    if (history === undefined) return;
    history.exists = exists;
    this.#prune(id, history);
  }

  /** A task runs `row`. */
  retain(row: SpecRevisionRow): void {
    const kept = this.#find(row);
    invariant(kept !== undefined, 'a task runs a revision that is kept');
    kept.tasks += 1;
  }

  /** A task that ran `row` is gone. */
  release(row: SpecRevisionRow): void {
    const history = this.#histories.get(row.serviceId);
    const kept = this.#find(row);
    invariant(
      history !== undefined && kept !== undefined && kept.tasks > 0,
      'what is released was retained',
    );
    kept.tasks -= 1;
    if (kept.tasks === 0) this.#prune(row.serviceId, history);
  }

  /** All revisions, oldest first within a service. */
  copy(): SpecRevisionRow[] {
    const rows: SpecRevisionRow[] = [];
    for (const history of this.#histories.values()) {
      for (const kept of history.kept) rows.push(kept.row);
    }
    return rows;
  }

  #find(row: SpecRevisionRow): Kept | undefined {
    return this.#histories
      .get(row.serviceId)
      ?.kept.findLast((kept) => kept.row.version === row.version);
  }

  #prune(id: ServiceId, history: History): void {
    const firstNew = history.exists ? history.kept.length - limits.specRevisions : Infinity;
    const isKept = (kept: Kept, index: number): boolean => kept.tasks > 0 || index >= firstNew;
    for (const [index, kept] of history.kept.entries()) {
      if (!isKept(kept, index)) this.#sum = (this.#sum - kept.sum) | 0;
    }
    history.kept = history.kept.filter(isKept);
    if (history.kept.length === 0) this.#histories.delete(id);
  }
}

/** What a kept revision of a spec counts. */
export function revisionSum(row: SpecRevisionRow): number {
  const place = mix(mix(0x5bec, textSum(row.serviceId)), numberSum(row.version));
  return mix(mix(place, contentSum(row.spec)), numberSum(row.writtenAtMs));
}
