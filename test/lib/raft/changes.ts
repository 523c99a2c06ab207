import type { ChangeType, SingleChange } from '../../../manager/raft/confchange/change.ts';
import { numberOf } from './datadriven.ts';

const types: Readonly<Record<string, ChangeType>> = {
  v: 'ConfChangeAddNode',
  l: 'ConfChangeAddLearnerNode',
  r: 'ConfChangeRemoveNode',
  u: 'ConfChangeUpdateNode',
};

/** Reads changes as the scripts write them: `v1 l2 r3 u4`. */
export function parseChanges(text: string): readonly SingleChange[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.map((word) => {
    const type = types[word.charAt(0)];
    if (type === undefined) throw new Error(`unknown change ${word}`);
    return { type, nodeId: numberOf(word.slice(1)) };
  });
}
