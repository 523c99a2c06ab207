import type { JsonRecord } from './json.ts';

/** Go's `omitempty`: what is empty is left out of the answer. */
export const omit = {
  text(value: string): string | undefined {
    return value === '' ? undefined : value;
  },
  zero(value: number): number | undefined {
    return value === 0 ? undefined : value;
  },
  no(value: boolean): true | undefined {
    return value ? true : undefined;
  },
  empty<T>(values: readonly T[]): readonly T[] | undefined {
    return values.length === 0 ? undefined : values;
  },
  emptyMap(values: ReadonlyMap<string, string>): JsonRecord | undefined {
    return values.size === 0 ? undefined : textRecord(values);
  },
} as const;

/** A map as an object, keys in order as Go writes them. */
export function textRecord(values: ReadonlyMap<string, string>): JsonRecord {
  const entries = [...values].sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries);
}

/** True when `record` has no field that would be written. */
export function isEmptyRecord(record: JsonRecord): boolean {
  return Object.values(record).every((value) => value === undefined);
}
