import type { ConfChange, Transition } from '../../../manager/raft/confchange/change.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { RaftGroup } from '../../lib/raft/group.ts';
import type { ScriptMember } from '../../lib/raft/script-member.ts';

/** One thing that happens to a group. Each is a command of the scripts too, so that a run can be written as one. */
export type Action =
  | { readonly kind: 'add-nodes' }
  | { readonly kind: 'tick'; readonly id: MemberId }
  | { readonly kind: 'campaign'; readonly id: MemberId }
  | { readonly kind: 'process-ready'; readonly id: MemberId }
  | { readonly kind: 'process-append-thread'; readonly id: MemberId }
  | { readonly kind: 'process-apply-thread'; readonly id: MemberId }
  | { readonly kind: 'deliver-one'; readonly at: number }
  | { readonly kind: 'duplicate-one'; readonly at: number }
  | { readonly kind: 'drop-one'; readonly at: number }
  | { readonly kind: 'propose'; readonly id: MemberId; readonly text: string }
  | {
      readonly kind: 'propose-conf-change';
      readonly id: MemberId;
      readonly isFirstForm: boolean;
      readonly change: ConfChange;
    }
  | { readonly kind: 'transfer-leadership'; readonly id: MemberId; readonly to: MemberId }
  | { readonly kind: 'forget-leader'; readonly id: MemberId }
  | { readonly kind: 'read-index'; readonly id: MemberId; readonly context: number }
  | { readonly kind: 'restart'; readonly id: MemberId }
  | { readonly kind: 'crash-in-append'; readonly id: MemberId; readonly entries: number }
  | { readonly kind: 'keep-snapshot'; readonly id: MemberId; readonly trailing: number }
  | { readonly kind: 'report-unreachable'; readonly id: MemberId; readonly peer: MemberId }
  | {
      readonly kind: 'report-snapshot';
      readonly id: MemberId;
      readonly peer: MemberId;
      readonly arrived: boolean;
    };

/** Lets a group do more than its members can: grow. */
export interface ActionTarget {
  readonly group: RaftGroup;
  addMember(): void;
  /** Called with whatever a member says is ready, before it is done. */
  readonly onReady: Parameters<RaftGroup['ready']>[1];
}

const encoder = new TextEncoder();

type OfKind<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;
type OnMessage = OfKind<'deliver-one' | 'duplicate-one' | 'drop-one'>;
type OnMember = Exclude<Action, OnMessage | OfKind<'add-nodes'>>;

/** What an action does to a member, and how the rest of its command reads. */
interface Doing<Kind extends OnMember['kind']> {
  run(target: ActionTarget, member: ScriptMember, action: OfKind<Kind>): void;
  words(action: OfKind<Kind>): string;
}

type Doings = { readonly [Kind in OnMember['kind']]: Doing<Kind> };

const justTheMember = ({ id }: { readonly id: MemberId }): string => String(id);

const doings: Doings = {
  tick: { run: (_target, { node }) => node.tick(), words: justTheMember },
  campaign: { run: (_target, { node }) => void node.campaign(), words: justTheMember },
  'process-ready': {
    run: ({ group, onReady }, { id, node }) => node.hasReady && group.ready(id, onReady),
    words: justTheMember,
  },
  'process-append-thread': { run: ({ group }, { id }) => group.append(id), words: justTheMember },
  'process-apply-thread': { run: ({ group }, { id }) => group.apply(id), words: justTheMember },
  propose: {
    run: (_target, { node }, { text }) => void node.propose(encoder.encode(text)),
    words: ({ id, text }) => `${id} ${text}`,
  },
  'propose-conf-change': {
    run: (_target, { node }, { isFirstForm, change }) =>
      void node.proposeConfChange(isFirstForm ? 'EntryConfChange' : 'EntryConfChangeV2', change),
    words: changeWords,
  },
  'transfer-leadership': {
    run: (_target, { node }, { to }) => node.transferLeader(to),
    words: ({ id, to }) => `from=${id} to=${to}`,
  },
  'forget-leader': { run: (_target, { node }) => void node.forgetLeader(), words: justTheMember },
  'read-index': {
    run: (_target, { node }, { context }) => node.readIndex(context),
    words: ({ id, context }) => `${id} ${context}`,
  },
  restart: { run: ({ group }, { id }) => group.restart(id), words: justTheMember },
  'crash-in-append': {
    run: ({ group }, member, { entries }) => {
      member.writePartly(entries);
      group.restart(member.id);
    },
    words: ({ id, entries }) => `${id} entries=${entries}`,
  },
  'keep-snapshot': {
    run: (_target, member, { trailing }) => void member.keepSnapshot(trailing),
    words: ({ id, trailing }) => `${id} trailing=${trailing}`,
  },
  'report-unreachable': {
    run: (_target, { node }, { peer }) => node.reportUnreachable(peer),
    words: ({ id, peer }) => `${id} ${peer}`,
  },
  'report-snapshot': {
    run: (_target, { node }, { peer, arrived }) => node.reportSnapshot(peer, arrived),
    words: ({ id, peer, arrived }) => `${id} ${peer} arrived=${String(arrived)}`,
  },
};

/** Whatever cannot happen (there is no such message any more) does nothing, so that any part of a run is a run. */
export function perform(target: ActionTarget, action: Action): void {
  if (action.kind === 'add-nodes') {
    target.addMember();
  } else if ('at' in action) {
    performOnMessage(target.group, action);
  } else {
    const member = target.group.members[action.id - 1];
    if (member !== undefined) doingOf(action).run(target, member, action);
  }
}

/** The one doing that is for actions of this kind, as the table says. */
function doingOf(action: OnMember): Doing<OnMember['kind']> {
  return doings[action.kind] as Doing<OnMember['kind']>;
}

/** The action as the command of a script. */
export function describeAction(action: Action): string {
  if (action.kind === 'add-nodes') return 'add-nodes 1';
  if ('at' in action) return `${action.kind} ${action.at}`;
  return `${action.kind} ${doingOf(action).words(action)}`;
}

function performOnMessage(group: RaftGroup, action: OnMessage): void {
  const one = group.messages[action.at];
  if (one === undefined) return;
  if (action.kind !== 'duplicate-one') group.take(action.at);
  if (action.kind !== 'drop-one' && group.members.length >= one.to) group.deliver(one);
}

const letters = {
  ConfChangeAddNode: 'v',
  ConfChangeAddLearnerNode: 'l',
  ConfChangeRemoveNode: 'r',
  ConfChangeUpdateNode: 'u',
} as const;

const transitions: Readonly<Record<Transition, string>> = {
  ConfChangeTransitionAuto: 'auto',
  ConfChangeTransitionJointImplicit: 'implicit',
  ConfChangeTransitionJointExplicit: 'explicit',
};

function changeWords({ id, isFirstForm, change }: OfKind<'propose-conf-change'>): string {
  const { transition, changes } = change;
  const input = changes.map(({ type, nodeId }) => `${letters[type]}${nodeId}`).join(' ');
  const form = isFirstForm ? 'v1=true' : `transition=${transitions[transition]}`;
  return `${id} ${form}${input === '' ? '' : `\n${input}`}`;
}
