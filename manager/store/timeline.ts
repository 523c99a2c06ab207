import type { TimelineLine } from '../../proto/gen/changeset.ts';
import { limits } from '../../common/pure/limits.ts';

/** What a line counts beside its texts. */
const lineAllowance = 64;

/**
 * The last change sets, oldest first: what people read of them, and the outcome that a retry is answered with.
 *
 * Bounded by `limits.timelineSets` and `limits.timelineBytes`; the bound is part of the replicated state, so it counts characters,
 * which every member counts alike.
 */
export class Timeline {
  readonly #bySet = new Map<string, TimelineLine>();
  #lines: TimelineLine[] = [];
  /** Lines before this position in `#lines` have been dropped. */
  #first = 0;
  #weight = 0;

  get size(): number {
    return this.#bySet.size;
  }

  /** The line of the set with `setId`, if it is not too long ago. */
  get(setId: string): TimelineLine | undefined {
    return this.#bySet.get(setId);
  }

  /** Adds `line`, whose set is not known, and drops the oldest ones beyond the limits. */
  add(line: TimelineLine): void {
    this.#lines.push(line);
    this.#bySet.set(line.setId, line);
    this.#weight += weightOf(line);
    while (this.size > limits.timelineSets || this.#weight > limits.timelineBytes) this.#drop();
  }

  /** All lines, oldest first, as they are now. */
  lines(): readonly TimelineLine[] {
    return this.#lines.slice(this.#first);
  }

  #drop(): void {
    const line = this.#lines[this.#first];
    if (line === undefined) return;
    this.#first += 1;
    this.#bySet.delete(line.setId);
    this.#weight -= weightOf(line);
    if (this.#first * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
  }
}

function weightOf(line: TimelineLine): number {
  let weight = lineAllowance + line.setId.length + line.actor.length + line.reason.length;
  weight += line.traceId.length + line.refusal.length;
  for (const change of line.changes) weight += change.length;
  return weight;
}
