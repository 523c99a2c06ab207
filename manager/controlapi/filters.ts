import { ShoalError } from '../../common/pure/errors.ts';
import type { Filters } from '../../common/ports/cluster-api.ts';

/** True when no filter of that name is given, or one of its values passes. */
export function anyOf(filters: Filters, name: string, passes: (value: string) => boolean): boolean {
  const values = filters.get(name);
  return values === undefined || values.length === 0 || values.some(passes);
}

/** `key` or `key=value` against labels; all values of the filter must match (as the Docker API does for labels). */
export function labelsMatch(
  filters: Filters,
  name: string,
  labels: ReadonlyMap<string, string>,
): boolean {
  return (filters.get(name) ?? []).every((wanted) => {
    const mark = wanted.indexOf('=');
    if (mark < 0) return labels.has(wanted);
    return labels.get(wanted.slice(0, mark)) === wanted.slice(mark + 1);
  });
}

/** @throws ShoalError `invalidArgument {field}` when a filter is not one of `known` */
export function checkFilters(filters: Filters, known: readonly string[]): void {
  for (const name of filters.keys()) {
    if (known.includes(name)) continue;
    throw new ShoalError('invalidArgument', 'invalid filter', {
      fields: { field: 'filters', filter: name },
    });
  }
}
