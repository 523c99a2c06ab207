import { nodeMatcher } from '../../store/constraint.ts';
import { countNodes, type Filter } from './filter.ts';

/** The node satisfies the constraints of one demand. */
export function constraintsFilter(texts: readonly string[]): Filter {
  const matches = nodeMatcher(texts);
  return {
    isDynamic: false,
    check: (_demand, { row }) => matches(row),
    explain: (nodes) => `scheduling constraints not satisfied on ${countNodes(nodes)}`,
  };
}
