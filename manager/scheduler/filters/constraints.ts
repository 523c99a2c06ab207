import { matchesAll, parseConstraint, type Constraint } from '../constraint.ts';
import { countNodes, type Filter } from './filter.ts';

/** The node satisfies the constraints of one demand. A constraint that cannot be read is satisfied nowhere. */
export function constraintsFilter(texts: readonly string[]): Filter {
  const parsed = texts.map(parseConstraint);
  const constraints: Constraint[] = [];
  for (const one of parsed) if (one.kind === 'constraint') constraints.push(one.constraint);
  const isReadable = constraints.length === parsed.length;
  return {
    isDynamic: false,
    check: (_demand, { row }) => isReadable && matchesAll(constraints, row),
    explain: (nodes) => `scheduling constraints not satisfied on ${countNodes(nodes)}`,
  };
}
