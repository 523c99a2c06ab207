import { sortedIds, type MemberId } from '../member.ts';
import type { ConfState } from '../snapshot.ts';
import { confStateOf, emptyConfig } from '../tracker/config.ts';
import type { InflightLimits } from '../tracker/inflights.ts';
import type { ChangeType, SingleChange } from './change.ts';
import { enterJoint, simpleChange, type ChangeBase, type ChangeResult } from './changer.ts';

/** Makes a stored configuration by changes from an empty one, so that it passes the same checks as any other. */
export function restoreConfig(
  confState: ConfState,
  from: { readonly lastIndex: number; readonly limits: InflightLimits },
): ChangeResult {
  const empty: ChangeResult = { ok: true, config: emptyConfig, progress: new Map() };
  const base = (result: ChangeResult & { ok: true }): ChangeBase => ({ ...from, ...result });
  const { outgoing, incoming } = changesOf(confState);
  const before = oneByOne(empty, outgoing.length === 0 ? incoming : outgoing, base);
  if (!before.ok) return before;
  const restored =
    outgoing.length === 0 ? before : enterJoint(base(before), incoming, confState.autoLeave);
  if (!restored.ok || isSame(confStateOf(restored.config), confState)) return restored;
  return { ok: false, reason: 'contradicts itself' };
}

/** A voter that is named as a learner too, or twice, would be restored as something that nobody wrote. */
function isSame(restored: ConfState, wanted: ConfState): boolean {
  const lists = ['voters', 'learners', 'votersOutgoing', 'learnersNext'] as const;
  const areSame = lists.every(
    (list) => restored[list].join(' ') === sortedIds(wanted[list]).join(' '),
  );
  return areSame && restored.autoLeave === wanted.autoLeave;
}

function oneByOne(
  start: ChangeResult,
  changes: readonly SingleChange[],
  base: (result: ChangeResult & { ok: true }) => ChangeBase,
): ChangeResult {
  let result = start;
  for (const change of changes) {
    if (!result.ok) return result;
    result = simpleChange(base(result), [change]);
  }
  return result;
}

/**
 * First those that make the outgoing half, then those that turn it into the incoming one: all outgoing voters leave,
 * and come back as what they are.
 */
function changesOf(confState: ConfState): {
  readonly outgoing: readonly SingleChange[];
  readonly incoming: readonly SingleChange[];
} {
  const { voters, learners, votersOutgoing, learnersNext } = confState;
  return {
    outgoing: changesTo('ConfChangeAddNode', votersOutgoing),
    incoming: [
      ...changesTo('ConfChangeRemoveNode', votersOutgoing),
      ...changesTo('ConfChangeAddNode', voters),
      ...changesTo('ConfChangeAddLearnerNode', learners),
      ...changesTo('ConfChangeAddLearnerNode', learnersNext),
    ],
  };
}

function changesTo(type: ChangeType, ids: readonly MemberId[]): SingleChange[] {
  return ids.map((nodeId) => ({ type, nodeId }));
}
