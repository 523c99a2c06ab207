import { limits } from '../../../common/pure/limits.ts';
import type { Op, Read } from '../../../proto/gen/changeset.ts';
import type { Budget, Draft } from '../../store/decider.ts';

/** Operations that belong together, with what they alone rely on. */
export interface Step {
  readonly ops: readonly Op[];
  readonly reads: readonly Read[];
}

/** Rows that a pass over `count` of them is worth: it is far cheaper than a decision about each. */
export function scanCost(count: number): number {
  return count >> 6;
}

/** Takes up to `count` rows from the budget; at least one chunk is always granted, so that each call makes progress. */
export function spendUpTo(budget: Budget, count: number): number {
  let granted = 0;
  while (granted < count) {
    const chunk = Math.min(limits.deciderChunkOps, count - granted);
    const hasMore = budget.spend(chunk);
    granted += chunk;
    if (!hasMore) break;
  }
  return granted;
}

/** Several sets, each within the limits and right on its own. A step is never divided. */
export function inChunks(
  steps: readonly Step[],
  draft: Pick<Draft, 'reason' | 'reads'>,
): readonly Draft[] {
  const drafts: Draft[] = [];
  let chunk: Step[] = [];
  let size = 0;
  for (const step of steps) {
    if (size > 0 && size + step.ops.length > limits.deciderChunkOps) {
      drafts.push(draftOf(chunk, draft));
      chunk = [];
      size = 0;
    }
    chunk.push(step);
    size += step.ops.length;
  }
  if (size > 0) drafts.push(draftOf(chunk, draft));
  return drafts;
}

function draftOf(
  steps: readonly Step[],
  { reason, reads }: Pick<Draft, 'reason' | 'reads'>,
): Draft {
  return {
    reason,
    reads: [...reads, ...steps.flatMap((step) => step.reads)],
    claims: [],
    ops: steps.flatMap((step) => step.ops),
  };
}
