import { RaftInvariantError } from '../../../manager/raft/invariant.ts';
import type { Entry } from '../../../manager/raft/entry.ts';
import { emptyConfState, type Snapshot } from '../../../manager/raft/snapshot.ts';
import type { Message } from '../../../manager/raft/message.ts';
import { appendThread, applyThread, type MemberId } from '../../../manager/raft/member.ts';
import { isWellFormed } from '../../../manager/raft/well-formed.ts';
import { isOwn, RaftGroup } from '../../lib/raft/group.ts';
import { ScriptMember, type MemberObserver } from '../../lib/raft/script-member.ts';
import { perform, type Action, type ActionTarget } from '../../sim/raft/actions.ts';
import { foldHash, Violation } from '../../sim/raft/watch.ts';
import type { Failure } from '../../sim/raft/run.ts';
import { EventMaker, type Event } from './events.ts';
import { Marks } from './mark.ts';
import { allNames, type Names } from './names.ts';
import type { Scope } from './scopes.ts';
import { StepWatch, type Seen } from './step-watch.ts';
import { confStateText, entryText, memberText, messageText } from './text.ts';

/** A log, or what of it is durable, as it is compared with others. */
export interface LogView {
  readonly first: number;
  readonly terms: readonly number[];
  readonly texts: readonly string[];
}

/** One state of one member, with what is asked of it again and again. */
export interface Known {
  readonly member: ScriptMember;
  readonly role: string;
  readonly durableTerm: number;
  /** For whom, in that term. */
  readonly durableVote: MemberId;
  readonly commit: number;
  readonly log: LogView;
  readonly disk: LogView;
  /** Of the state machine. */
  readonly state: { readonly index: number; readonly data: string; readonly config: string };
  readonly changesAbove: (index: number) => number;
  readonly events: readonly number[];
  /** By the number of what happens. */
  readonly steps: Map<number, Step>;
}

/** What comes of something that happens to a member: always the same, so it is found out once. */
export interface Step {
  readonly next: number;
  /** Numbers of messages. */
  readonly sent: readonly number[];
  readonly seen: readonly Seen[];
  readonly failure: Failure | undefined;
}

/**
 * Numbers all states of members, all messages, and all else that can happen, and knows what comes of what: a group's
 * state is then a few numbers, and the library runs once for each thing that can happen to a member in a state.
 */
export class Members {
  readonly names: readonly Names[];
  readonly known: Known[] = [];
  readonly memberMarks: Marks;
  readonly messages: Message[] = [];
  readonly messageMarks: Marks;
  readonly #links: number[] = [];
  readonly events: Event[] = [];
  readonly #scope: Scope;
  readonly #eventMaker: EventMaker;
  readonly #watch = new StepWatch();
  readonly #memberNumbers = new Map<string, number>();
  readonly #messageNumbers = new Map<string, number>();
  readonly #eventNumbers = new Map<string, number>();

  constructor(scope: Scope) {
    this.#scope = scope;
    this.names = allNames(scope.voters + scope.joining);
    this.memberMarks = new Marks(this.names.length);
    this.messageMarks = new Marks(this.names.length);
    this.#eventMaker = new EventMaker(scope);
  }

  /** The members at the beginning. */
  start(): ScriptMember[] {
    const { voters, joining } = this.#scope;
    return Array.from({ length: voters + joining }, (_, position) =>
      memberOf(
        this.#scope,
        position + 1,
        position < voters ? startOf(voters) : emptyStart,
        this.#watch,
      ),
    );
  }

  numberOfMember(member: ScriptMember): number {
    const [own] = this.names;
    const text = memberText(member, own ?? []);
    const found = this.#memberNumbers.get(text);
    if (found !== undefined) return found;
    const number = this.known.length;
    this.#memberNumbers.set(text, number);
    this.names.forEach((names, column) => {
      this.memberMarks.set(number, column, column === 0 ? text : memberText(member, names));
    });
    this.known.push(this.#look(member));
    return number;
  }

  numberOfMessage(one: Message): number {
    const [own] = this.names;
    const text = messageText(one, own ?? []);
    const found = this.#messageNumbers.get(text);
    if (found !== undefined) return found;
    const number = this.messages.length;
    this.#messageNumbers.set(text, number);
    this.names.forEach((names, column) => {
      this.messageMarks.set(number, column, column === 0 ? text : messageText(one, names));
    });
    this.messages.push(one);
    this.#links.push(linkOf(one));
    return number;
  }

  /** Names the sender and the addressee of a message. */
  link(message: number): number {
    return this.#links[message] ?? 0;
  }

  /** What a member has for itself dies with its process. */
  isOwnOf(message: number, id: MemberId): boolean {
    const one = this.message(message);
    return one.to === id && isOwn(one);
  }

  /** What comes of a message that arrives. */
  arrival(state: number, message: number): Step {
    return this.#step(state, message * 2, () => {
      const one = this.message(message);
      return { event: arrival(one), one };
    });
  }

  /** What comes of anything else. */
  happening(state: number, event: number): Step {
    return this.#step(state, event * 2 + 1, () => ({ event: this.event(event), one: undefined }));
  }

  /**
   * A message has no effect now, and never will: it is of a term that the addressee has left for good, or an answer to
   * what the addressee is not any more in that term.
   */
  isVoid(state: number, message: number): boolean {
    const { durableTerm, role } = this.state(state);
    const { term, type } = this.message(message);
    if (term === 0 || term > durableTerm) return false;
    if (term === durableTerm) {
      const isLate =
        type === 'MsgVoteResp'
          ? role !== 'StateCandidate'
          : answersToLeaders.has(type) && role !== 'StateCandidate' && role !== 'StateLeader';
      if (!isLate) return false;
    }
    const step = this.arrival(state, message);
    return step.next === state && step.sent.length === 0 && step.seen.length === 0;
  }

  state(number: number): Known {
    return found(this.known[number]);
  }

  message(number: number): Message {
    return found(this.messages[number]);
  }

  event(number: number): Event {
    return found(this.events[number]);
  }

  /** An event that is one action, and costs nothing. */
  eventOf(action: Action & { readonly id: number }): number {
    const event: Event = {
      id: action.id,
      actions: [action],
      budget: undefined,
      ordinal: 0,
      isEnd: false,
    };
    return this.#numberOfEvent(event);
  }

  #step(
    state: number,
    key: number,
    what: () => { readonly event: Event; readonly one: Message | undefined },
  ): Step {
    const known = this.state(state);
    const before = known.steps.get(key);
    if (before !== undefined) return before;
    const { event, one } = what();
    const step = this.#find(known.member.clone(), event, one);
    known.steps.set(key, step);
    return step;
  }

  #find(member: ScriptMember, event: Event, one: Message | undefined): Step {
    const group = new RaftGroup();
    // In this group there is nobody else.
    for (let id = 1; id <= member.id; id += 1) group.members.push(member);
    if (one !== undefined) group.messages.push(one);
    this.#watch.seen = [];
    const failure = failureOf(() => {
      if (one !== undefined && !isWellFormed(one, member.node.explored.core)) {
        throw new Violation('well-formed', `member ${member.id} refuses ${one.type} as malformed`);
      }
      this.#run(group, member, event);
    });
    return {
      next: failure === undefined ? this.numberOfMember(member) : -1,
      sent: group.messages.map((sent) => this.numberOfMessage(sent)),
      seen: this.#watch.seen,
      failure,
    };
  }

  /** Does it, and whatever the member wants done at once. */
  #run(group: RaftGroup, member: ScriptMember, event: Event): void {
    const target: ActionTarget = {
      group,
      addMember: () => undefined,
      onReady: ({ readStates }) => this.#watch.readsReady(readStates),
    };
    for (const action of event.actions) {
      this.#watch.during(member, event.isEnd, () => perform(target, action));
    }
    const ready: Action = { kind: 'process-ready', id: member.id };
    while (member.node.hasReady) {
      this.#watch.during(member, false, () => perform(target, ready));
    }
  }

  #look(member: ScriptMember): Known {
    const { core } = member.node.explored;
    const first = core.log.firstIndex();
    const log = core.log.slice(first, core.log.lastIndex() + 1, Infinity);
    const { storage, state } = member;
    const stored = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Infinity);
    const changes = typeof log === 'string' ? [] : log.filter(({ type }) => type !== 'EntryNormal');
    const { term, vote } = storage.initialState().hardState;
    return {
      member,
      role: core.role,
      durableTerm: term,
      durableVote: vote,
      commit: core.log.committed,
      log: this.#view(first, core.log.term(first - 1), log),
      disk: this.#view(storage.firstIndex(), storage.term(storage.firstIndex() - 1), stored),
      state: {
        index: state.index,
        data: state.data.join('.'),
        config: confStateText(state.confState, found(this.names[0])),
      },
      changesAbove: (index) => changes.filter((entry) => entry.index > index).length,
      events: this.#eventMaker.of(member).map((event) => this.#numberOfEvent(event)),
      steps: new Map(),
    };
  }

  /** The place before the first entry stands for all that is compacted. */
  #view(first: number, before: number | string, entries: readonly Entry[] | string): LogView {
    const list = typeof entries === 'string' ? [] : entries;
    return {
      first: first - 1,
      terms: [typeof before === 'number' ? before : 0, ...list.map(({ term }) => term)],
      texts: ['', ...list.map((entry) => entryText(entry, found(this.names[0])))],
    };
  }

  #numberOfEvent(event: Event): number {
    const text = JSON.stringify(event);
    const known = this.#eventNumbers.get(text);
    if (known !== undefined) return known;
    this.events.push(event);
    this.#eventNumbers.set(text, this.events.length - 1);
    return this.events.length - 1;
  }
}

function linkOf({ from, to }: Message): number {
  const sender = from === appendThread ? -1 : from === applyThread ? -2 : from;
  return sender * 16 + to;
}

const answersToLeaders: ReadonlySet<string> = new Set(['MsgAppResp', 'MsgHeartbeatResp']);

function arrival(one: Message): Event {
  const actions: readonly Action[] = [{ kind: 'deliver-one', at: 0 }];
  return { id: one.to, actions, budget: undefined, ordinal: 0, isEnd: false };
}

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('whatever has a number is known');
  return value;
}

function failureOf(run: () => void): Failure | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return { invariant: error.invariant, detail: error.message };
    if (error instanceof RaftInvariantError) {
      return { invariant: 'invariant', detail: error.message };
    }
    throw error;
  }
}

export function memberOf(
  scope: Scope,
  id: MemberId,
  start: Snapshot,
  observer?: MemberObserver,
): ScriptMember {
  const options = { ...scope.options, id, applied: start.index };
  return new ScriptMember({
    options,
    start,
    fold: foldHash,
    ...(observer === undefined ? {} : { observer }),
  });
}

export const startIndex = 2;

/** Scripts begin in the same way. */
export function startOf(voters: number): Snapshot {
  return {
    data: new Uint8Array(0),
    index: startIndex,
    term: 1,
    confState: {
      ...emptyConfState,
      voters: Array.from({ length: voters }, (_, position) => position + 1),
    },
  };
}

/** A member that comes later knows nothing. */
export const emptyStart: Snapshot = {
  data: new Uint8Array(0),
  index: 0,
  term: 0,
  confState: emptyConfState,
};
