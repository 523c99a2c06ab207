import {
  committedByBoth,
  votedByBoth,
  type JointVoters,
} from '../../../manager/raft/quorum/joint.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { Directive } from './datadriven.ts';
import { numberOf } from './datadriven.ts';

/** Runs a directive of the files under `quorum/`: who commits what, and who wins. */
export function runQuorumDirective(directive: Directive): string {
  const voters = votersOf(directive);
  const ids = idsInOrder(directive);
  if (directive.command === 'vote') {
    const votes = new Map<MemberId, boolean>();
    for (const [position, value] of valuesOf(directive, 'votes').entries()) {
      const id = ids[position];
      if (id !== undefined && value !== '_') votes.set(id, value === 'y');
    }
    return votedByBoth(voters, votes);
  }
  if (directive.command !== 'committed') throw new Error(`unknown command ${directive.command}`);
  const indexes = new Map<MemberId, number>();
  for (const [position, value] of valuesOf(directive, 'idx').entries()) {
    const id = ids[position];
    if (id !== undefined && value !== '_') indexes.set(id, numberOf(value));
  }
  const committed = committedByBoth(voters, (id) => indexes.get(id));
  return `${describeIndexes(voters, indexes)}${committed === Infinity ? '∞' : committed}\n`;
}

function valuesOf(directive: Directive, key: string): readonly string[] {
  return directive.args.find((arg) => arg.key === key)?.values ?? [];
}

function isZero(values: readonly string[]): boolean {
  return values.length === 1 && values[0] === 'zero';
}

function votersOf(directive: Directive): JointVoters {
  const incoming = valuesOf(directive, 'cfg').map(numberOf);
  const outgoing = valuesOf(directive, 'cfgj');
  return {
    incoming: new Set(incoming),
    outgoing: new Set(isZero(outgoing) ? [] : outgoing.map(numberOf)),
  };
}

/** Values are given to the members in the order in which these are named, each once. */
function idsInOrder(directive: Directive): readonly MemberId[] {
  const outgoing = valuesOf(directive, 'cfgj');
  const named = [...valuesOf(directive, 'cfg'), ...(isZero(outgoing) ? [] : outgoing)];
  return [...new Set(named.map(numberOf))];
}

/** A bar for each member, as long as its rank. */
function describeIndexes(voters: JointVoters, indexes: ReadonlyMap<MemberId, number>): string {
  const ids = [...new Set([...voters.incoming, ...voters.outgoing])].sort((a, b) => a - b);
  if (ids.length === 0) return '<empty majority quorum>';
  const bars = barsOf(ids, indexes);
  const width = ids.length;
  const lines = ids.map((id) => {
    const index = indexes.get(id);
    const bar = bars.get(id) ?? 0;
    const drawn =
      index === undefined
        ? `?${' '.repeat(width)}`
        : `${'x'.repeat(bar)}>${' '.repeat(width - bar)}`;
    return `${drawn} ${String(index ?? 0).padStart(5)}    (id=${id})\n`;
  });
  return `${' '.repeat(width)}    idx\n${lines.join('')}`;
}

function barsOf(
  ids: readonly MemberId[],
  indexes: ReadonlyMap<MemberId, number>,
): ReadonlyMap<MemberId, number> {
  const sorted = ids
    .map((id) => ({ id, index: indexes.get(id) ?? 0 }))
    .sort((a, b) => a.index - b.index || a.id - b.id);
  const bars = new Map<MemberId, number>();
  let previous = { index: 0, bar: 0 };
  for (const [position, { id, index }] of sorted.entries()) {
    const isHigher = position > 0 && index > previous.index;
    previous = { index, bar: isHigher ? position : previous.bar };
    bars.set(id, previous.bar);
  }
  return bars;
}
