import type { Entry } from '../../../manager/raft/entry.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import { foldHash, Violation } from '../../sim/raft/watch.ts';
import { decide } from './decide.ts';
import { Marks } from './mark.ts';
import { startIndex, type Known, type LogView, type Members, type Step } from './members.ts';
import { nameOf, type Names } from './names.ts';
import { entryText } from './text.ts';
import type { Seen } from './step-watch.ts';

interface Chosen {
  readonly entry: Entry;
  /** The term of the leader that committed it. */
  readonly by: number;
  readonly text: string;
  /** The state machine after it. */
  readonly state: Uint8Array;
}

/** What became true once and must stay so, whatever happens to those who knew it. */
interface Facts {
  /** Who led, by term. */
  readonly leaders: readonly MemberId[];
  /** What was decided, from the entry behind the start on. */
  readonly chosen: readonly Chosen[];
  /** What was decided when a read was asked for, by its context. */
  readonly reads: readonly number[];
}

type Elected = Extract<Seen, { readonly kind: 'elected' }>;
type Committed = Extract<Seen, { readonly kind: 'committed' }>;

/** Numbers all that was ever true of a group, and holds what happens against it. */
export class FactBook {
  readonly marks: Marks;
  readonly #members: Members;
  readonly #facts: Facts[] = [];
  readonly #numbers = new Map<string, number>();
  /** Members that were held against facts, by both numbers. */
  readonly #checked = new Set<number>();

  constructor(members: Members) {
    this.#members = members;
    this.marks = new Marks(members.names.length);
    this.#numberOf({ leaders: [], chosen: [], reads: [] });
  }

  /** Nothing is known. */
  get start(): number {
    return 0;
  }

  /** A read is asked for. */
  asked(number: number, context: number): number {
    const facts = this.#of(number);
    const reads = [...facts.reads];
    reads[context] = lastOf(facts);
    return this.#numberOf({ ...facts, reads });
  }

  /**
   * What is true after a step of member `id`. `others` are the states of all members before it.
   *
   * @throws Violation if it contradicts what was true before, or is none of what may become true.
   */
  after(number: number, id: MemberId, step: Step, others: readonly number[]): number {
    let facts = this.#of(number);
    const log = this.#members.state(step.next).log;
    for (const seen of step.seen) {
      if (seen.kind === 'elected') {
        this.#checkVotes(id, seen, others.with(id - 1, step.next));
        facts = elected(facts, id, seen.term, log);
      } else if (seen.kind === 'committed') {
        facts = this.#committed(facts, {
          id,
          seen,
          others,
          member: this.#members.state(step.next),
        });
      } else {
        const least = facts.reads[seen.context];
        if (least === undefined || seen.index < least) {
          throw new Violation(
            'S6',
            `a read at ${seen.index} misses what was committed at ${least}`,
          );
        }
      }
    }
    return this.#numberOf(facts);
  }

  /** @throws Violation if the state of a member contradicts what is true. */
  check(number: number, state: number): void {
    const key = number * 2 ** 26 + state;
    if (this.#checked.has(key)) return;
    this.#checked.add(key);
    checkMember(this.#of(number), this.#members.state(state));
  }

  /** R1: a quorum cannot vote for anybody else in this term any more, whatever becomes of its processes. */
  #checkVotes(id: MemberId, { term, voters }: Elected, states: readonly number[]): void {
    const isElected = decide(voters, (voter) => {
      const state = states[voter - 1];
      if (state === undefined) return false;
      const { durableTerm, durableVote } = this.#members.state(state);
      return durableTerm > term || (durableTerm === term && durableVote === id);
    });
    if (!isElected)
      throw new Violation('R1', `member ${id} leads in term ${term} without a quorum`);
  }

  #committed(
    facts: Facts,
    what: {
      readonly id: MemberId;
      readonly seen: Committed;
      readonly others: readonly number[];
      readonly member: Known;
    },
  ): Facts {
    const { id, seen, others, member } = what;
    if (seen.index <= lastOf(facts)) return facts;
    if (seen.entryTerm !== seen.term) {
      throw new Violation('R5', `leader ${id} commits ${seen.index} of another term`);
    }
    const isDurable = decide(seen.voters, (voter) =>
      voter === id
        ? seen.isDurable
        : this.#isDurable(others[voter - 1], seen.index, seen.entryTerm),
    );
    if (!isDurable) {
      throw new Violation('R6', `${seen.index} is committed without a quorum`);
    }
    return withChosen(facts, member, seen);
  }

  #isDurable(state: number | undefined, index: number, term: number): boolean {
    if (state === undefined) return false;
    const { disk } = this.#members.state(state);
    return index <= disk.first || disk.terms[index - disk.first] === term;
  }

  #of(number: number): Facts {
    const facts = this.#facts[number];
    if (facts === undefined) throw new Error('whatever has a number is known');
    return facts;
  }

  #numberOf(facts: Facts): number {
    const [own] = this.#members.names;
    const text = textOf(facts, own ?? []);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#facts.length;
    this.#members.names.forEach((names, column) => {
      this.marks.set(number, column, textOf(facts, names));
    });
    this.#facts.push(facts);
    this.#numbers.set(text, number);
    return number;
  }
}

function textOf({ leaders, chosen, reads }: Facts, names: Names): string {
  const led = leaders.map((id) => nameOf(names, id)).join();
  return `${led}|${chosen.map(({ entry, by }) => `${entryText(entry, names)}@${by}`).join(' ')}|${reads.join()}`;
}

function lastOf(facts: Facts): number {
  return startIndex + facts.chosen.length;
}

/** R1 and R3. */
function elected(facts: Facts, id: MemberId, term: number, log: LogView): Facts {
  const other = facts.leaders[term];
  if (other !== undefined && other !== 0 && other !== id) {
    throw new Violation('R1', `members ${other} and ${id} lead in term ${term}`);
  }
  for (const { entry, by } of facts.chosen) {
    // Who is elected in a term that the others have left already has no say.
    if (by < term && entry.index > log.first && log.terms[entry.index - log.first] !== entry.term) {
      throw new Violation('R3', `leader ${id} lacks ${entry.index}, which is committed`);
    }
  }
  const leaders = Array.from({ length: Math.max(term + 1, facts.leaders.length) }, (_, one) =>
    one === term ? id : (facts.leaders[one] ?? 0),
  );
  return { ...facts, leaders };
}

function withChosen(facts: Facts, { member }: Known, { index, term }: Committed): Facts {
  const { log } = member.node.explored.core;
  const entries = log.slice(lastOf(facts) + 1, index + 1, Infinity);
  if (typeof entries === 'string') throw new Error('what was just committed is in the log');
  const chosen = [...facts.chosen];
  for (const entry of entries) {
    const before = chosen.at(-1)?.state ?? new Uint8Array(0);
    const state = entry.type === 'EntryNormal' ? foldHash(before, entry.data) : before;
    chosen.push({ entry, by: term, text: entryText(entry, []), state });
  }
  return { ...facts, chosen };
}

/** R4, R9 and R10. */
function checkMember(facts: Facts, { member, commit, log, state, changesAbove }: Known): void {
  const last = lastOf(facts);
  if (commit > last) {
    throw new Violation('R4', `member ${member.id} has committed ${commit}, no leader ${last + 1}`);
  }
  for (const { entry, text } of facts.chosen) {
    const { index } = entry;
    if (index <= commit && index > log.first && log.texts[index - log.first] !== text) {
      throw new Violation('R4', `two entries are committed at ${index} (member ${member.id})`);
    }
  }
  const wanted = facts.chosen[state.index - startIndex - 1]?.state.join('.') ?? '';
  if (state.index > last || state.data !== wanted) {
    throw new Violation('R10', `member ${member.id} has a state that is none of the log`);
  }
  if (changesAbove(last) > 1) {
    throw new Violation('R9', `two changes are under way in the log of member ${member.id}`);
  }
}
