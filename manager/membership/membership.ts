import type { Clock } from '../../common/ports/clock.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { Log } from '../../common/ports/log.ts';
import type { SetId } from '../../common/pure/ids.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { Claim, Op, Read } from '../../proto/gen/changeset.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { FromConsensus, PeerProgress, ToConsensus } from '../consensus/port.ts';
import type { ProposerPort } from '../proposer/port.ts';
import type { ChangeType, ConfChange } from '../raft/confchange/change.ts';
import { emptyConfState, type ConfState } from '../raft/snapshot.ts';
import { newestLevel } from '../store/levels.ts';
import { homeOf, putOp, readOf } from '../store/ops.ts';
import type { StoreView } from '../store/view.ts';
import { canGo, planMembers, type MemberStep } from './plan-members.ts';
import { newRaftId } from './raft-ids.ts';
import { planRole } from './roles.ts';

/** Wait before what did not come about is decided anew, milliseconds. */
const retryMs = 500;
/** Level from which sets of this controller can be applied. */
const controllerLevel = 1;

const changeTypes: Readonly<Record<'add' | 'promote' | 'remove', ChangeType>> = {
  add: 'ConfChangeAddLearnerNode',
  promote: 'ConfChangeAddNode',
  remove: 'ConfChangeRemoveNode',
};

export interface MembershipParts {
  readonly raftId: number;
  readonly proposer: ProposerPort;
  readonly changeMembers: (
    term: number,
    change: ConfChange,
    signal: AbortSignal,
  ) => Promise<'committed' | 'dropped' | 'noRoom' | 'unknown'>;
  readonly post: (message: ToConsensus) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly entropy: Entropy;
  readonly newSetId: () => SetId;
}

/** What is to be written for a decision. */
interface RowChange {
  readonly reason: string;
  readonly reads: readonly Read[];
  readonly claims: readonly Claim[];
  readonly ops: readonly Op[];
}

/**
 * Keeps the group of managers as the cluster wants it, while this member leads: who is one by its row votes, once it has caught up; who is
 * none by its row goes. Raises the cluster's level once all managers can apply the next.
 *
 * Level-triggered: whatever was under way when a leader died is taken up by the next from what the rows and the group say.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #changed = new Wakeup();
  #confState: ConfState = emptyConfState;
  #peers: readonly PeerProgress[] = [];
  #lastIndex = 0;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  /** Takes what consensus says of the group. */
  hear(message: Extract<FromConsensus, { kind: 'members' | 'progress' }>): void {
    if (message.kind === 'members') this.#confState = message.confState;
    else {
      this.#peers = message.peers;
      this.#lastIndex = message.lastIndex;
    }
    this.#changed.notify();
  }

  /** Nodes may have changed. */
  look(): void {
    this.#changed.notify();
  }

  /** True when there is another member. */
  get hasOthers(): boolean {
    const { voters, learners } = this.#confState;
    return [...voters, ...learners].some((id) => id !== this.#parts.raftId);
  }

  /** True when the managers that are left without this one, and answer, are a quorum. For the leader, who knows best. */
  canGo(raftId: number): boolean {
    const [confState, peers, self] = [this.#confState, this.#peers, this.#parts.raftId];
    return !confState.voters.includes(raftId) || canGo({ confState, peers, self }, raftId);
  }

  /** The same as a follower sees it, by who answers it. */
  canGoBy(isAnswering: (raftId: number) => boolean, raftId: number): boolean {
    const [confState, self] = [this.#confState, this.#parts.raftId];
    const answering = confState.voters.filter((id) => isAnswering(id));
    const peers = answering.map((id) => ({ id, matchIndex: 0, isActive: true }));
    return !confState.voters.includes(raftId) || canGo({ confState, peers, self }, raftId);
  }

  /** Works for the leadership of `term` until `signal` aborts. */
  async lead(term: number, signal: AbortSignal): Promise<void> {
    this.#peers = [];
    while (!signal.aborted) {
      if (await this.#step(term, signal)) await this.#changed.wait(signal);
      else await this.#parts.clock.sleep(retryMs, signal).catch(() => undefined);
    }
  }

  /** False when something was to be done and did not come about. */
  async #step(term: number, signal: AbortSignal): Promise<boolean> {
    const { view } = this.#parts.proposer;
    const change =
      planRole(view, this.#confState, newRaftId(this.#parts.entropy)) ?? planLevel(view);
    if (change !== undefined && !(await this.#write(term, change, signal))) return false;
    const step = planMembers({
      wanted: wantedMembers(this.#parts.proposer.view),
      confState: this.#confState,
      peers: this.#peers,
      lastIndex: this.#lastIndex,
      self: this.#parts.raftId,
    });
    return step === undefined || (await this.#change(term, step, signal));
  }

  async #write(term: number, change: RowChange, signal: AbortSignal): Promise<boolean> {
    const { proposer, newSetId } = this.#parts;
    const id = newSetId();
    const actor = { kind: 'controller', name: 'membership' } as const;
    const { reason, reads, claims, ops } = change;
    const outcome = await proposer.submit(
      { reason, reads, claims, ops, id, term, actor, traceId: id, minLevel: controllerLevel },
      signal,
    );
    return outcome.kind === 'done';
  }

  async #change(term: number, step: MemberStep, signal: AbortSignal): Promise<boolean> {
    const { log, post, changeMembers } = this.#parts;
    if (step.kind === 'transfer') {
      log.at('info', 'this manager is to go and hands leadership over');
      post({ kind: 'transfer', to: 0 });
      return false;
    }
    const { kind, raftId } = step;
    const changes = [{ type: changeTypes[kind], nodeId: raftId }];
    const change = { transition: 'ConfChangeTransitionAuto', changes } as const;
    const outcome = await changeMembers(term, change, signal);
    log.at('info', 'the group of managers changes', { kind, raftId, outcome });
    return outcome === 'committed';
  }
}

/** Raft ids of the nodes that are managers and are to stay so. */
function wantedMembers(view: StoreView): ReadonlySet<number> {
  const managers = view
    .nodes()
    .filter(({ spec, lifecycle }) => spec.role === NodeRole.manager && lifecycle.raftId !== 0);
  return new Set(managers.map(({ lifecycle }) => lifecycle.raftId));
}

/** The next level, once every manager has said that it can apply it. */
function planLevel(view: StoreView): RowChange | undefined {
  const cluster = view.cluster();
  if (cluster === undefined || view.level >= newestLevel) return undefined;
  const managers = view.nodes().filter(({ lifecycle }) => lifecycle.role === NodeRole.manager);
  const level = view.level + 1;
  if (!managers.every(({ status }) => (status.description?.levelMax ?? 0) >= level))
    return undefined;
  const facet = { ...homeOf.clusterLifecycle, key: cluster.id };
  const value = { ...cluster.lifecycle, level };
  return {
    reason: `level ${level}`,
    reads: [readOf(facet, cluster.lifecycleVersion)],
    claims: [],
    ops: [putOp(facet, { kind: 'clusterLifecycle', value })],
  };
}
