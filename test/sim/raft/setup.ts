import type { Random } from '../../../common/pure/random.ts';
import type { RaftOptions } from '../../../manager/raft/config.ts';
import { silentTrace, type Trace } from '../../../manager/raft/trace.ts';
import type { Snapshot } from '../../../manager/raft/snapshot.ts';

/** What a run begins with, and what may happen in it: chosen by the seed, so that runs differ in kind. */
export interface Setup {
  readonly voters: number;
  readonly membersMax: number;
  readonly steps: number;
  readonly options: Omit<RaftOptions, 'id' | 'storage' | 'applied'>;
  /** Likelihoods, relative to one another. */
  readonly weights: Weights;
  /** A write that could be done is put off with this likelihood. */
  readonly slowDisk: number;
  /** A message other than the oldest of its bag is taken with this likelihood. */
  readonly reorder: number;
}

export interface Weights {
  readonly tick: number;
  readonly campaign: number;
  readonly work: number;
  readonly deliver: number;
  readonly drop: number;
  readonly duplicate: number;
  readonly propose: number;
  readonly confChange: number;
  readonly transfer: number;
  readonly forget: number;
  readonly read: number;
  readonly restart: number;
  readonly crashInAppend: number;
  readonly snapshot: number;
  readonly report: number;
  readonly partition: number;
}

/** Scripts begin the same way, so what a run does can be replayed as one. */
const electionTicks = 3;

export function startOf(setup: Setup): Snapshot {
  return {
    data: new Uint8Array(0),
    index: 2,
    term: 1,
    confState: {
      voters: Array.from({ length: setup.voters }, (_, position) => position + 1),
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    },
  };
}

export function drawSetup(random: Random, trace: Trace = silentTrace): Setup {
  const voters = 1 + random.below(5);
  const flag = (): boolean => random.below(2) === 0;
  const some = (most: number): number => (random.below(3) === 0 ? 0 : random.unit() * most);
  const isAsync = flag();
  return {
    voters,
    membersMax: Math.min(7, voters + random.below(3)),
    steps: 400 + random.below(1200),
    slowDisk: random.below(2) === 0 ? 0 : 0.8,
    reorder: random.below(2) === 0 ? 0.02 : 0.3,
    weights: {
      tick: 4 + random.unit() * 12,
      campaign: some(1),
      work: 60,
      deliver: 60,
      drop: some(12),
      duplicate: some(6),
      propose: 4 + random.unit() * 16,
      confChange: some(3),
      transfer: some(1.5),
      forget: some(0.6),
      read: some(4),
      restart: some(1.5),
      crashInAppend: isAsync ? some(1.5) : 0,
      snapshot: some(4),
      report: some(5),
      partition: some(1.5),
    },
    options: {
      electionTicks,
      heartbeatTicks: 1,
      // Members tick at different times, which is chance enough; and scripts have none.
      chance: { below: () => 0 },
      trace,
      messageBytesMax: [0, 40, Infinity][random.below(3)] ?? Infinity,
      applyingBytesMax: [1, 60, Infinity][random.below(3)] ?? Infinity,
      uncommittedBytesMax: [12, Infinity][random.below(2)] ?? Infinity,
      inflightMessagesMax: [1, 3, 64][random.below(3)] ?? 64,
      inflightBytesMax: Infinity,
      asyncStorageWrites: isAsync,
      checkQuorum: flag(),
      preVote: flag(),
      readOnly: 'safe',
      disableProposalForwarding: flag(),
      disableConfChangeValidation: false,
      stepDownOnRemoval: flag(),
    },
  };
}
