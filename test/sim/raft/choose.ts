import type { Random } from '../../../common/pure/random.ts';
import type {
  ChangeType,
  SingleChange,
  Transition,
} from '../../../manager/raft/confchange/change.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import { isOwn, type RaftGroup } from '../../lib/raft/group.ts';
import type { Action } from './actions.ts';
import type { Setup, Weights } from './setup.ts';

const changeTypes: readonly ChangeType[] = [
  'ConfChangeAddNode',
  'ConfChangeAddNode',
  'ConfChangeAddLearnerNode',
  'ConfChangeRemoveNode',
];

const transitions: readonly Transition[] = [
  'ConfChangeTransitionAuto',
  'ConfChangeTransitionJointImplicit',
  'ConfChangeTransitionJointExplicit',
];

/** Beyond so many messages the oldest are lost, as in a queue that is full. */
const messagesMax = 150;

/** Decides, one after another, what happens next to a group. */
export class Chooser {
  readonly #random: Random;
  readonly #setup: Setup;
  readonly #group: RaftGroup;
  readonly #kinds: readonly (keyof Weights)[];
  readonly #total: number;
  /** Members between whom and the rest nothing is delivered. */
  #cutOff: ReadonlySet<MemberId> = new Set();
  #commands = 0;
  #reads = 0;

  constructor(random: Random, setup: Setup, group: RaftGroup) {
    this.#random = random;
    this.#setup = setup;
    this.#group = group;
    this.#kinds = Object.keys(setup.weights) as (keyof Weights)[];
    this.#total = this.#kinds.reduce((sum, kind) => sum + setup.weights[kind], 0);
  }

  next(): Action {
    for (;;) {
      if (this.#group.messages.length > messagesMax)
        return { kind: 'drop-one', at: this.#droppable() };
      const action = this.#makers[this.#kind()]();
      if (action !== undefined) return action;
    }
  }

  #kind(): keyof Weights {
    let left = this.#random.unit() * this.#total;
    for (const kind of this.#kinds) {
      left -= this.#setup.weights[kind];
      if (left < 0) return kind;
    }
    return 'tick';
  }

  readonly #makers: Readonly<Record<keyof Weights, () => Action | undefined>> = {
    tick: () => ({ kind: 'tick', id: this.#id() }),
    campaign: () => ({ kind: 'campaign', id: this.#id() }),
    work: () => this.#work(),
    deliver: () => this.#deliver(),
    drop: () => this.#onMessage('drop-one'),
    duplicate: () => this.#onMessage('duplicate-one'),
    propose: () => ({
      kind: 'propose',
      id: this.#likelyLeader(),
      text: `c${(this.#commands += 1)}`,
    }),
    confChange: () => this.#confChange(),
    transfer: () => ({ kind: 'transfer-leadership', id: this.#likelyLeader(), to: this.#id() }),
    forget: () => ({ kind: 'forget-leader', id: this.#id() }),
    read: () => ({ kind: 'read-index', id: this.#id(), context: (this.#reads += 1) }),
    restart: () => ({ kind: 'restart', id: this.#id() }),
    crashInAppend: () => ({
      kind: 'crash-in-append',
      id: this.#id(),
      entries: this.#random.below(4),
    }),
    snapshot: () => ({ kind: 'keep-snapshot', id: this.#id(), trailing: this.#random.below(4) }),
    report: () => this.#report(),
    partition: () => this.#partition(),
  };

  #id(): MemberId {
    return 1 + this.#random.below(this.#group.members.length);
  }

  #likelyLeader(): MemberId {
    const id = this.#id();
    const { leader } = this.#group.member(id).node.softState;
    return leader === 0 ? id : leader;
  }

  #work(): Action | undefined {
    const id = this.#id();
    const member = this.#group.member(id);
    const possible: Action[] = [];
    if (member.node.hasReady) possible.push({ kind: 'process-ready', id });
    const isPutOff = this.#random.unit() < this.#setup.slowDisk;
    if (member.appendWork.length > 0 && !isPutOff)
      possible.push({ kind: 'process-append-thread', id });
    if (member.applyWork.length > 0) possible.push({ kind: 'process-apply-thread', id });
    return possible[this.#random.below(Math.max(1, possible.length))];
  }

  #deliver(): Action | undefined {
    const { messages } = this.#group;
    if (messages.length === 0) return undefined;
    const isOutOfOrder = this.#random.unit() < this.#setup.reorder;
    const at = isOutOfOrder ? this.#random.below(messages.length) : 0;
    const one = messages[at];
    if (one === undefined) return undefined;
    const isCut = !isOwn(one) && this.#cutOff.has(one.from) !== this.#cutOff.has(one.to);
    return { kind: isCut ? 'drop-one' : 'deliver-one', at };
  }

  /** Only what goes from one member to another can be lost or come twice. */
  #onMessage(kind: 'drop-one' | 'duplicate-one'): Action | undefined {
    const at = this.#random.below(Math.max(1, this.#group.messages.length));
    const one = this.#group.messages[at];
    return one === undefined || isOwn(one) ? undefined : { kind, at };
  }

  #droppable(): number {
    return Math.max(
      0,
      this.#group.messages.findIndex((one) => !isOwn(one)),
    );
  }

  #confChange(): Action {
    const known = this.#group.members.length;
    if (known < this.#setup.membersMax && this.#random.below(3) === 0) return { kind: 'add-nodes' };
    const isFirstForm = this.#random.below(2) === 0;
    const count = isFirstForm ? 1 : this.#random.below(3);
    const changes = Array.from({ length: count }, () => this.#change());
    const transition = isFirstForm ? transitions[0] : transitions[this.#random.below(3)];
    return {
      kind: 'propose-conf-change',
      id: this.#likelyLeader(),
      isFirstForm,
      change: { transition: transition ?? 'ConfChangeTransitionAuto', changes },
    };
  }

  #change(): SingleChange {
    const type = changeTypes[this.#random.below(changeTypes.length)] ?? 'ConfChangeAddNode';
    return { type, nodeId: this.#id() };
  }

  #report(): Action {
    const id = this.#id();
    const peer = this.#id();
    return this.#random.below(2) === 0
      ? { kind: 'report-unreachable', id, peer }
      : { kind: 'report-snapshot', id, peer, arrived: this.#random.below(2) === 0 };
  }

  /** Not an action of its own: it decides what is delivered from now on. */
  #partition(): undefined {
    const ids = this.#group.members.map(({ id }) => id);
    const isHealed = this.#random.below(2) === 0;
    this.#cutOff = new Set(isHealed ? [] : ids.filter(() => this.#random.below(2) === 0));
    return undefined;
  }
}
