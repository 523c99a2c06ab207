import { Table } from '../../proto/gen/objects.ts';
import type { AnyRow, RowChange } from './changes.ts';
import { contentSum, mix, numberSum, placedSum, textSum } from './content-sum.ts';
import type { SpecRevisionRow } from './rows.ts';
import { taskSumChange } from './task-sum.ts';

/**
 * By how much one change of a row changes the sum over all rows, which is the sum of what each field of each row counts: in any order, and
 * without a look at fields that stay.
 */
export function rowSumChange(change: RowChange): number {
  if (change.table === Table.tasks) return taskSumChange(change.before, change.after);
  const { table, key, before, after } = change;
  const place = mix(table, textSum(key));
  return (plainSum(place, after, before) - plainSum(place, before, after)) | 0;
}

/** What those fields of `row` count that are not the very same in `other`. */
function plainSum(place: number, row: AnyRow | undefined, other: AnyRow | undefined): number {
  if (row === undefined) return 0;
  let sum = other === undefined ? mix(place, 1) : 0;
  const others = new Map<string, unknown>(Object.entries(other ?? {}));
  for (const [name, value] of Object.entries(row)) {
    if (others.get(name) === value) continue;
    sum = (sum + placedSum(mix(place, textSum(name)), fieldSum(value))) | 0;
  }
  return sum;
}

/** Revisions of a spec count once, where they are kept: here only which it is. */
function fieldSum(value: unknown): number {
  return isRevision(value) ? numberSum(value.version) : contentSum(value);
}

function isRevision(value: unknown): value is SpecRevisionRow {
  return typeof value === 'object' && value !== null && 'writtenAtMs' in value;
}
