import type { ConfChange, SingleChange } from '../../../manager/raft/confchange/change.ts';
import type { RaftOptions } from '../../../manager/raft/config.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { MessageType } from '../../../manager/raft/message.ts';
import { silentTrace } from '../../../manager/raft/trace.ts';
import type { Action } from '../../sim/raft/actions.ts';

export type MemberOptions = Omit<RaftOptions, 'id' | 'storage' | 'applied'>;

/** What may happen only so often in one execution. */
export const budgetKinds = [
  'timeouts',
  'beats',
  'proposals',
  'changes',
  'crashes',
  'duplicates',
  'snapshots',
  'reports',
  'reads',
  'transfers',
] as const;
export type BudgetKind = (typeof budgetKinds)[number];
/** Each at most 7. */
export type Budgets = Readonly<Partial<Record<BudgetKind, number>>>;

/** A bounded group: everything that can happen in it is searched. */
export interface Scope {
  readonly name: string;
  readonly voters: number;
  /** Members that begin with nothing, and are in no configuration yet. */
  readonly joining: number;
  readonly options: MemberOptions;
  /**
   * Whether a message may overtake another from the same sender to the same addressee. Where it may not, as on one
   * connection, a message that arrives means that those before it are lost.
   */
  readonly network: 'any order' | 'in order';
  /** Never arrive. */
  readonly lost: readonly MessageType[];
  /** What has happened before the search begins, each until the group was at rest. */
  readonly before: readonly (Action & { readonly id: MemberId })[];
  readonly budgets: Budgets;
  /** Each is proposed under all names, so that the members stay alike. */
  readonly changes: readonly ConfChange[];
}

const options: MemberOptions = {
  electionTicks: 3,
  heartbeatTicks: 1,
  chance: { below: () => 0 },
  trace: silentTrace,
  messageBytesMax: Infinity,
  applyingBytesMax: Infinity,
  uncommittedBytesMax: Infinity,
  inflightMessagesMax: 64,
  inflightBytesMax: Infinity,
  asyncStorageWrites: false,
  checkQuorum: false,
  preVote: false,
  readOnly: 'safe',
  disableProposalForwarding: true,
  disableConfChangeValidation: false,
  stepDownOnRemoval: true,
};

/** Member 1 leads, and all know all that is decided. */
const firstLeads: Scope['before'] = [{ kind: 'campaign', id: 1 }];

function scope(name: string, rest: Partial<Omit<Scope, 'name'>>): Scope {
  return {
    name,
    voters: 3,
    joining: 0,
    options,
    network: 'any order',
    lost: [],
    before: [],
    budgets: {},
    changes: [],
    ...rest,
  };
}

function change(
  transition: ConfChange['transition'],
  ...changes: readonly [SingleChange['type'], MemberId][]
): ConfChange {
  return { transition, changes: changes.map(([type, nodeId]) => ({ type, nodeId })) };
}

const auto = 'ConfChangeTransitionAuto';
const implicit = 'ConfChangeTransitionJointImplicit';
const explicit = 'ConfChangeTransitionJointExplicit';

const async: MemberOptions = { ...options, asyncStorageWrites: true };
const leases: MemberOptions = { ...options, preVote: true, checkQuorum: true };

/** Searched to the end by every run of the tests. */
export const smallScopes: readonly Scope[] = [
  scope('elections', { budgets: { timeouts: 2, crashes: 1, duplicates: 1 } }),
  scope('leases', { options: leases, before: firstLeads, budgets: { timeouts: 2, beats: 1 } }),
  scope('replication', {
    voters: 2,
    before: firstLeads,
    budgets: { timeouts: 1, proposals: 2, duplicates: 1, beats: 1 },
  }),
  scope('take-over', {
    options: { ...options, messageBytesMax: 0 },
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 1, proposals: 2 },
  }),
  scope('crashes', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 2, proposals: 1, crashes: 1 },
  }),
  scope('pair', { voters: 2, budgets: { timeouts: 3, proposals: 1, crashes: 1, beats: 1 } }),
  scope('async', {
    voters: 2,
    options: async,
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 1, proposals: 1, crashes: 1 },
  }),
  scope('async-votes', {
    options: async,
    lost: ['MsgApp'],
    budgets: { timeouts: 2, crashes: 1 },
  }),
  scope('changes', {
    before: firstLeads,
    budgets: { timeouts: 1, changes: 1 },
    changes: [change(auto, ['ConfChangeRemoveNode', 3])],
  }),
  scope('changes-2', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 1, changes: 2 },
    changes: [change(auto, ['ConfChangeRemoveNode', 3])],
  }),
  scope('joint', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 1, changes: 1 },
    changes: [
      change(implicit, ['ConfChangeAddLearnerNode', 3]),
      change(explicit, ['ConfChangeRemoveNode', 2], ['ConfChangeRemoveNode', 3]),
    ],
  }),
  scope('joining', {
    voters: 2,
    joining: 1,
    before: firstLeads,
    budgets: { timeouts: 1, changes: 1, beats: 1 },
    changes: [change(auto, ['ConfChangeAddNode', 3])],
  }),
  scope('snapshots', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 1, proposals: 1, snapshots: 1, beats: 1 },
  }),
  scope('reads', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 1, beats: 1, reads: 1 },
  }),
  scope('transfers', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 1, proposals: 1, transfers: 1 },
  }),
];

/** Searched by hand. */
const largeScopes: readonly Scope[] = [
  scope('elections-large', { budgets: { timeouts: 3, crashes: 1, duplicates: 1 } }),
  scope('replication-large', {
    before: firstLeads,
    budgets: { timeouts: 2, proposals: 2, duplicates: 1 },
  }),
  scope('pair-large', {
    voters: 2,
    budgets: { timeouts: 3, proposals: 2, crashes: 2, duplicates: 1, beats: 1 },
  }),
  scope('crashes-large', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 2, proposals: 2, crashes: 2 },
  }),
  scope('async-large', {
    options: async,
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 2, proposals: 1, crashes: 1 },
  }),
  scope('joint-large', {
    network: 'in order',
    before: firstLeads,
    budgets: { timeouts: 2, changes: 1, crashes: 1, proposals: 1 },
    changes: [
      change(implicit, ['ConfChangeAddLearnerNode', 3]),
      change(explicit, ['ConfChangeRemoveNode', 2], ['ConfChangeRemoveNode', 3]),
    ],
  }),
  scope('snapshots-large', {
    before: firstLeads,
    budgets: { timeouts: 1, proposals: 1, snapshots: 1, beats: 1, reports: 1 },
  }),
];

export function scopesNamed(name: string): readonly Scope[] {
  if (name === 'ci') return smallScopes;
  const all = [...smallScopes, ...largeScopes];
  if (name === 'all') return all;
  const named = all.filter((one) => one.name === name);
  if (named.length > 0) return named;
  throw new Error(`no scope ${name}; there are ci, all, ${all.map((one) => one.name).join(', ')}`);
}
