import { seededRandom, type Random } from '../../../common/pure/random.ts';
import { RaftInvariantError } from '../../../manager/raft/invariant.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import { silentTrace, type Trace } from '../../../manager/raft/trace.ts';
import { isVoter } from '../../../manager/raft/quorum/joint.ts';
import type { Snapshot } from '../../../manager/raft/snapshot.ts';
import { RaftGroup } from '../../lib/raft/group.ts';
import { ScriptMember } from '../../lib/raft/script-member.ts';
import { perform, type Action, type ActionTarget } from './actions.ts';
import { Chooser } from './choose.ts';
import { drawSetup, startOf, type Setup } from './setup.ts';
import { foldHash, Violation, Watch } from './watch.ts';

export interface Failure {
  /** R1 to R12, S6, L1; `invariant` for one of the library's own. */
  readonly invariant: string;
  readonly detail: string;
}

export interface RunResult {
  readonly setup: Setup;
  readonly actions: readonly Action[];
  readonly failure: Failure | undefined;
  readonly committed: number;
  readonly reads: number;
}

/** A new member knows nothing: the log and the configuration come from the leader. */
const emptyStart: Snapshot = {
  data: new Uint8Array(0),
  index: 0,
  term: 0,
  confState: { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
};

/** A log of hundreds of entries may be behind, and go over one entry a round trip. */
const healingRounds = 3000;

/** A group under watch. */
export class World implements ActionTarget {
  readonly group = new RaftGroup();
  readonly watch: Watch;
  readonly onReady: ActionTarget['onReady'] = (ready) => this.watch.onReady(ready);
  readonly setup: Setup;

  constructor(setup: Setup) {
    this.setup = setup;
    const start = startOf(setup);
    this.watch = new Watch(this.group, start, setup.options);
    for (let id = 1; id <= setup.voters; id += 1) this.#add(id, start);
  }

  addMember(): void {
    const id = this.group.members.length + 1;
    if (id <= this.setup.membersMax) this.#add(id, emptyStart);
  }

  #add(id: MemberId, start: Snapshot): void {
    const options = { ...this.setup.options, id, applied: start.index };
    this.group.members.push(
      new ScriptMember({ options, start, fold: foldHash, observer: this.watch }),
    );
  }

  /** Does it, and looks at whom it concerned. */
  do(action: Action): void {
    const concerned = 'at' in action ? this.group.messages[action.at]?.to : undefined;
    if (action.kind === 'read-index') this.watch.readAsked(action.context);
    perform(this, action);
    const id = concerned ?? ('id' in action ? action.id : 0);
    if (id !== 0) this.watch.check(id);
  }

  /** All faults have ended: the group must decide again, and all must learn of it. */
  heal(): void {
    for (const { id, node } of this.group.members) {
      for (const peer of this.group.members) node.reportSnapshot(peer.id, false);
      this.watch.check(id);
    }
    const pace = seededRandom(1);
    for (let round = 0; round < healingRounds; round += 1) {
      this.#calmRound(pace);
      if (round % 20 === 19 && this.#isConverged(round)) return;
    }
    throw new Violation('L1', 'the group does not come to rest after all faults have ended');
  }

  #calmRound(pace: Random): void {
    for (const { id } of this.group.members) {
      // Members do not tick in step for ever.
      if (pace.below(3) > 0) this.do({ kind: 'tick', id });
    }
    for (const { id } of this.group.members) this.#work(id);
    for (let left = this.group.messages.length; left > 0; left -= 1) {
      this.do({ kind: 'deliver-one', at: 0 });
    }
  }

  /** Does what a member wants done, and what follows from it, but not for ever. */
  #work(id: MemberId): void {
    const { node, appendWork, applyWork } = this.group.member(id);
    for (let turn = 0; turn < 10; turn += 1) {
      if (!node.hasReady && appendWork.length + applyWork.length === 0) return;
      this.do({ kind: 'process-ready', id });
      this.do({ kind: 'process-append-thread', id });
      this.do({ kind: 'process-apply-thread', id });
    }
  }

  /** One leader, and all members of its configuration have applied all that it has. */
  #isConverged(round: number): boolean {
    const leaders = this.group.members.filter(
      ({ node }) => node.softState.role === 'StateLeader' && node.status().progress.size > 0,
    );
    const terms = leaders.map(({ node }) => node.status().hardState.term);
    const leader = leaders[terms.indexOf(Math.max(...terms))];
    if (leader === undefined) return false;
    const { config, progress, lastIndex, hardState } = leader.node.status();
    const isCommitted =
      hardState.commit === lastIndex && leader.node.termAt(lastIndex) === hardState.term;
    const isEverywhere = [...progress.keys()].every((id) => {
      const member = this.group.members[id - 1];
      // Somebody was made a member who does not exist, or does not yet.
      if (member === undefined) return !isVoter(config.voters, id);
      return member.state.index === lastIndex && member.node.status().applied === lastIndex;
    });
    if (isCommitted && isEverywhere) return true;
    if (round % 60 === 19) this.do({ kind: 'propose', id: leader.id, text: `after-${round}` });
    return false;
  }
}

/** Plays what the seed decides. The same seed is the same run, for ever. */
export function runSeed(seed: number, trace: Trace = silentTrace): RunResult {
  const random = seededRandom(seed);
  const setup = drawSetup(random.fork('setup'), trace);
  const world = new World(setup);
  const chooser = new Chooser(random.fork('actions'), setup, world.group);
  const actions: Action[] = [];
  const failure = failureOf(() => {
    for (let step = 0; step < setup.steps; step += 1) {
      const action = chooser.next();
      actions.push(action);
      world.do(action);
    }
    world.heal();
  });
  const { committed, answered } = world.watch;
  return { setup, actions, failure, committed, reads: answered };
}

/** Plays these actions; what follows after the last is calm. */
export function replayActions(setup: Setup, actions: readonly Action[]): Failure | undefined {
  const world = new World(setup);
  return failureOf(() => {
    for (const action of actions) world.do(action);
    world.heal();
  });
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
