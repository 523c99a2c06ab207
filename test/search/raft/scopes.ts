import type { ConfChange, SingleChange } from '../../../manager/raft/confchange/change.ts';
import type { RaftOptions } from '../../../manager/raft/config.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
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
  return { name, voters: 3, joining: 0, options, before: [], budgets: {}, changes: [], ...rest };
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

/** Searched to the end by every run of the tests. */
export const smallScopes: readonly Scope[] = [
  scope('elections', { budgets: { timeouts: 2, crashes: 1, duplicates: 1 } }),
  scope('replication', { before: firstLeads, budgets: { timeouts: 1, proposals: 1 } }),
];

/** Searched by hand. */
export const largeScopes: readonly Scope[] = [
  scope('elections-3', { budgets: { timeouts: 3, crashes: 1 } }),
  scope('pair', {
    voters: 2,
    budgets: { timeouts: 3, proposals: 2, crashes: 2, duplicates: 1, beats: 1 },
  }),
  scope('async', {
    options: { ...options, asyncStorageWrites: true },
    budgets: { timeouts: 2, crashes: 1 },
  }),
  scope('change', {
    before: firstLeads,
    budgets: { timeouts: 2, changes: 1 },
    changes: [change(auto, ['ConfChangeRemoveNode', 3])],
  }),
  scope('joint', {
    before: firstLeads,
    budgets: { timeouts: 1, changes: 1 },
    changes: [
      change(implicit, ['ConfChangeAddLearnerNode', 3]),
      change(explicit, ['ConfChangeRemoveNode', 3]),
    ],
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
