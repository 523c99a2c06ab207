import type { StateCheck } from '../../proto/gen/changeset.ts';
import type { RecordedOutcome } from './outcome.ts';

/** Entries whose sums are kept: a check names one that the leader applied a moment before it proposed. */
const keptEntries = 4096;

/** What a member made of the last entries, and what its rows were after each. Two members that made the same of the log have the same sums. */
export class StateChecks {
  readonly #checks = new Map<number, StateCheck>();

  note(check: StateCheck): void {
    const { index } = check;
    this.#checks.set(index, check);
    // Indexes are left out where consensus writes entries of its own, and by a snapshot.
    for (const old of this.#checks.keys()) {
      if (old > index - keptEntries) break;
      this.#checks.delete(old);
    }
  }

  /** Undefined when it is not known any more, or was not yet. */
  at(index: number): StateCheck | undefined {
    return this.#checks.get(index);
  }
}

/** True when two members that made these of the same entries have the same state. One that says nothing of the content of rows is compared without. */
export function agrees(one: StateCheck, other: StateCheck): boolean {
  const isComparable = one.content !== 0 && other.content !== 0;
  return one.sum === other.sum && (!isComparable || one.content === other.content);
}

/** The sum after an entry. @param results what became of its sets. */
export function nextSum(
  sum: number,
  after: { readonly index: number; readonly revision: number; readonly clusterMs: number },
  results: readonly { readonly outcome: RecordedOutcome; readonly repeated: boolean }[],
): number {
  let next = mix(mix(mix(sum, after.index), after.revision), after.clusterMs);
  for (const { outcome, repeated } of results) {
    const kind = outcome.kind === 'done' ? 'done' : outcome.refusal.kind;
    next = mix(next, kind.length * 4 + kind.charCodeAt(0) * 64 + (repeated ? 1 : 0));
  }
  return next;
}

/** FNV-1a over both halves of a whole number, with a final avalanche. */
function mix(sum: number, value: number): number {
  let hash = Math.imul(sum ^ (value >>> 0), 0x01000193);
  hash = Math.imul(hash ^ Math.floor(value / 2 ** 32), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
