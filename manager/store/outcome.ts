import type { ChangeSet, TimelineLine } from '../../proto/gen/changeset.ts';
import { newTimelineLine } from '../../proto/gen/changeset.ts';
import { facetName, tableName } from '../../proto/gen/objects.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Effect, RowChange } from './changes.ts';
import type { Refusal } from './refusal.ts';

/** What became of a set that was applied or refused here: the same on every member. */
export type RecordedOutcome =
  | { readonly kind: 'done'; readonly revision: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What `line` says became of its set. */
export function outcomeOf(line: TimelineLine): RecordedOutcome {
  if (line.applied) return { kind: 'done', revision: line.revision };
  // Only `refusedLine` writes this text.
  return { kind: 'refused', refusal: JSON.parse(line.refusal) as Refusal };
}

/** The line of a set that took effect at `revision`. */
export function appliedLine(set: ChangeSet, effect: Effect, revision: number): TimelineLine {
  return newTimelineLine({ ...facts(set), revision, applied: true, changes: changesOf(effect) });
}

/** The line of a set that took none; `revision` is the store's. */
export function refusedLine(set: ChangeSet, refusal: Refusal, revision: number): TimelineLine {
  return newTimelineLine({ ...facts(set), revision, refusal: JSON.stringify(refusal) });
}

function facts(set: ChangeSet): Partial<TimelineLine> {
  const { id, wallMs, actor, reason, traceId } = set;
  return { setId: id, wallMs, actor, reason, traceId };
}

function changesOf(effect: Effect): readonly string[] {
  const changes = effect.rows.slice(0, limits.timelineChanges).map(describe);
  const more = effect.rows.length - changes.length;
  return more > 0 ? [...changes, `and ${more} more`] : changes;
}

/** As `create tasks/<id>` or `update services/<id> spec`. */
function describe(change: RowChange): string {
  const row = `${tableName(change.table)}/${change.key}`;
  if (change.before === undefined) return `create ${row}`;
  if (change.after === undefined) return `delete ${row}`;
  return `update ${row} ${change.facets.map(facetName).join(' ')}`;
}
