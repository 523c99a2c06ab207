import { newId } from '../../common/pure/ids.ts';
import type { Random } from '../../common/pure/random.ts';
import { placeholderPrefix, type Draft } from '../store/decider.ts';

/**
 * Replaces every placeholder in the drafts of one decision by a fresh id, the same one for the same placeholder,
 * wherever it stands in a set that creates rows: rows, keys, claims, owners. What holds none is left as it is.
 */
export function stampIds(drafts: readonly Draft[], random: Random): readonly Draft[] {
  const ids = new Map<string, string>();
  const idOf = (placeholder: string): string => {
    const known = ids.get(placeholder);
    if (known !== undefined) return known;
    const id: string = newId(random);
    ids.set(placeholder, id);
    return id;
  };
  return drafts.map((draft) => (createsRows(draft) ? replaceIn(draft, idOf) : draft));
}

/** An id that is new is that of a row which the same set creates: other sets need no search. */
function createsRows(draft: Draft): boolean {
  return draft.ops.some(({ op }) => op?.kind === 'create');
}

function replaceIn<Value>(value: Value, idOf: (placeholder: string) => string): Value {
  return replace(value, idOf) as Value;
}

function replace(value: unknown, idOf: (placeholder: string) => string): unknown {
  if (typeof value === 'string') return value.startsWith(placeholderPrefix) ? idOf(value) : value;
  if (Array.isArray(value)) return replaceAll(value, idOf);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return replaceFields(value, idOf);
}

function replaceAll(
  values: readonly unknown[],
  idOf: (placeholder: string) => string,
): readonly unknown[] {
  const replaced = values.map((value) => replace(value, idOf));
  return replaced.every((value, index) => value === values[index]) ? values : replaced;
}

function replaceFields(value: object, idOf: (placeholder: string) => string): object {
  const entries = Object.entries(value) as [string, unknown][];
  const replaced = entries.map(([name, field]) => [name, replace(field, idOf)] as const);
  const isSame = replaced.every(([, field], index) => field === entries[index]?.[1]);
  return isSame ? value : Object.fromEntries(replaced);
}
