import type { Random } from '../../../common/pure/random.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { Message, MessageType } from '../../../manager/raft/message.ts';
import { refusals, type Outcome } from '../../../manager/raft/outcome.ts';
import { isOwn, type RaftGroup } from '../../lib/raft/group.ts';
import { absurdNumbers } from '../../lib/raft/any-message.ts';

/** What a transport that is old, confused or attacked brings, and how often each was brought. */
export type NoiseKind = 'past' | 'misaddressed' | 'oneself' | 'stranger' | 'absurd' | 'future';

const kinds: readonly NoiseKind[] = [
  'past',
  'misaddressed',
  'oneself',
  'stranger',
  'absurd',
  'future',
];

/** No group here ever has a member of this id. */
const strangerId: MemberId = 99;

/** Whoever says these claims to lead: from a stranger they would be lies, which no member can tell. */
const leadersWords: ReadonlySet<MessageType> = new Set(['MsgApp', 'MsgHeartbeat', 'MsgSnap']);

/** Further than any group has come, or the last there is. */
const termsToCome: readonly number[] = [2 ** 33, 2 ** 48, 2 ** 52];

const pastMax = 400;

/** A message that should not have come, for a member; `refused`: it must say so. */
export interface Noise {
  readonly kind: NoiseKind;
  readonly to: MemberId;
  readonly message: Message;
  readonly refused: Outcome;
}

/** Makes, from what the members of a group really said, messages that must do no harm. */
export class NoiseSource {
  readonly #random: Random;
  readonly #group: RaftGroup;
  readonly #past: Message[] = [];

  constructor(random: Random, group: RaftGroup) {
    this.#random = random;
    this.#group = group;
  }

  /** Remembers what is under way. */
  listen(): void {
    for (const one of this.#group.messages) {
      const isKnown = isOwn(one) || one.to > this.#group.members.length;
      if (!isKnown && this.#past.length < pastMax) this.#past.push(one);
      else if (!isKnown) this.#past[this.#random.below(pastMax)] = one;
    }
  }

  next(): Noise | undefined {
    const said = this.#past[this.#random.below(Math.max(1, this.#past.length))];
    const kind = kinds[this.#random.below(kinds.length)];
    if (said === undefined || kind === undefined) return undefined;
    return this.#makers[kind](said);
  }

  readonly #makers: Readonly<Record<NoiseKind, (said: Message) => Noise | undefined>> = {
    past: (said) => ({ kind: 'past', to: said.to, message: said, refused: undefined }),
    misaddressed: (said) => {
      const to = 1 + this.#random.below(this.#group.members.length);
      return to === said.to ? undefined : refusedNoise('misaddressed', to, said);
    },
    oneself: (said) => {
      const canBeTold = said.type === 'MsgProp' || said.type === 'MsgReadIndex';
      const isPromise = ['MsgAppResp', 'MsgVoteResp', 'MsgPreVoteResp'].includes(said.type);
      const isLocal = ['MsgTransferLeader', 'MsgForgetLeader'].includes(said.type);
      if (canBeTold || isPromise || isLocal) return undefined;
      return refusedNoise('oneself', said.to, { ...said, from: said.to });
    },
    stranger: (said) => {
      if (leadersWords.has(said.type)) return undefined;
      const message = { ...said, from: strangerId, term: said.term && said.term + this.#few() };
      return { kind: 'stranger', to: said.to, message, refused: undefined };
    },
    absurd: (said) => refusedNoise('absurd', said.to, this.#absurd(said)),
    future: (said) => {
      const term = termsToCome[this.#random.below(termsToCome.length)] ?? 0;
      return refusedNoise('future', said.to, { ...said, term });
    },
  };

  #few(): number {
    return this.#random.below(4);
  }

  #absurd(said: Message): Message {
    const value = absurdNumbers[this.#random.below(absurdNumbers.length)] ?? NaN;
    const fields = ['term', 'logTerm', 'index', 'commit', 'rejectHint', 'context', 'from'] as const;
    const field = fields[this.#random.below(fields.length)] ?? 'term';
    const last = said.entries.at(-1);
    if (said.type === 'MsgApp' && last !== undefined && this.#few() === 0) {
      const entries = [...said.entries, { ...last, index: last.index + 2 }];
      return { ...said, entries };
    }
    if (said.snapshot !== undefined && this.#few() === 0) {
      return { ...said, snapshot: { ...said.snapshot, index: value } };
    }
    return { ...said, [field]: value };
  }
}

function refusedNoise(kind: NoiseKind, to: MemberId, said: Message): Noise {
  return { kind, to, message: said, refused: refusals.malformed };
}
