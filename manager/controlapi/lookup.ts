import { ShoalError } from '../../common/pure/errors.ts';

/** One kind of object, as people refer to it. */
export interface Lookup<Row> {
  /** `service`, `node`, ...: for the error. */
  readonly kind: string;
  readonly byId: (id: string) => Row | undefined;
  readonly byName: (name: string) => readonly Row[];
  readonly all: () => Iterable<Row>;
  readonly idOf: (row: Row) => string;
}

/**
 * Finds what `ref` refers to: full id, then exact name, then unique prefix of the id (as the Docker API does).
 *
 * @throws ShoalError `notFound {kind, ref}` or `ambiguous {kind, ref, matches}`
 */
export function lookUp<Row>(lookup: Lookup<Row>, ref: string): Row {
  const exact = lookup.byId(ref);
  if (exact !== undefined) return exact;
  const named = lookup.byName(ref);
  const matches = named.length > 0 ? named : prefixMatches(lookup, ref);
  const [first] = matches;
  if (first === undefined)
    throw new ShoalError('notFound', `${lookup.kind} not found`, {
      fields: { kind: lookup.kind, ref },
    });
  if (matches.length === 1) return first;
  throw new ShoalError('ambiguous', `${lookup.kind} is ambiguous`, {
    fields: { kind: lookup.kind, ref, matches: matches.length },
  });
}

function prefixMatches<Row>(lookup: Lookup<Row>, ref: string): Row[] {
  const matches: Row[] = [];
  if (ref === '') return matches;
  for (const row of lookup.all()) if (lookup.idOf(row).startsWith(ref)) matches.push(row);
  return matches;
}
