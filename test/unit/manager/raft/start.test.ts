import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../../manager/raft/entry.ts';
import { RaftInvariantError } from '../../../../manager/raft/invariant.ts';
import { memberIdMax } from '../../../../manager/raft/member.ts';
import type { Gap, LogStorage } from '../../../../manager/raft/log/storage.ts';
import { RawNode } from '../../../../manager/raft/raw-node.ts';
import type { ConfState, HardState, Snapshot } from '../../../../manager/raft/snapshot.ts';
import { absurdNumbers } from '../../../lib/raft/any-message.ts';
import {
  confState,
  entry,
  snapshotOf,
  TestMember,
  usualOptions,
  type MemberStart,
} from '../../../lib/raft/network.ts';
import { silentTrace } from '../../../../manager/raft/trace.ts';

/** What is said of a start that is refused. */
function refusalOf(start: () => unknown): string {
  try {
    start();
    return 'none';
  } catch (error) {
    if (error instanceof RaftInvariantError) return error.message;
    throw error;
  }
}

describe('a configuration that cannot be is refused by name', () => {
  const notMembers = [0, memberIdMax + 1, ...absurdNumbers];

  it.each<readonly [string, ConfState]>([
    ...notMembers.map((id) => [`a voter ${id}`, confState([1, 2, id])] as const),
    ...notMembers.map((id) => [`a learner ${id}`, confState([1], { learners: [id] })] as const),
    ['a voter twice', confState([1, 2, 2])],
    ['a learner twice', confState([1], { learners: [2, 2] })],
    ['a voter that is a learner', confState([1, 2], { learners: [2] })],
    ['learners without voters', confState([], { learners: [1] })],
    ['an outgoing half without an incoming one', confState([], { votersOutgoing: [1, 2] })],
    ['an outgoing voter that is a learner', confState([1], { votersOutgoing: [2], learners: [2] })],
    ['a learner to be that is no outgoing voter', confState([1], { learnersNext: [2] })],
    ['a joint configuration to leave that is none', confState([1], { autoLeave: true })],
  ])('%s', (_what, state) => {
    const start = { snapshot: snapshotOf(1, 3, state), hardState: { term: 1, commit: 3 } };
    expect(refusalOf(() => new TestMember(1, start))).toBe(
      'raft invariant broken: the stored configuration is one',
    );
  });

  it('one in which this member is not is none of its business: it waits to be told', () => {
    for (const voters of [[], [2, 3]]) {
      const member = new TestMember(1, { voters });
      expect([member.ticks(50), member.role]).toEqual([[], 'StateFollower']);
    }
  });
});

describe('options that cannot be are refused by name', () => {
  it.each<readonly [string, NonNullable<MemberStart['options']>]>([
    ...[NaN, -1, 0, 0.5, Infinity].map(
      (ticks) => [`heartbeats every ${ticks} ticks`, { heartbeatTicks: ticks }] as const,
    ),
    ...[NaN, -1, 0, 2.5, Infinity].map(
      (ticks) => [`elections after ${ticks} ticks`, { electionTicks: ticks }] as const,
    ),
    ...[NaN, -1, 0.5, Infinity].map((applied) => [`applied ${applied}`, { applied }] as const),
    ...[NaN, -1, 0].map((bytes) => [`a window of ${bytes}`, { inflightBytesMax: bytes }] as const),
    ...[NaN, -1, 0].map((count) => [`${count} messages`, { inflightMessagesMax: count }] as const),
  ])('%s', (_what, options) => {
    expect(refusalOf(() => new TestMember(1, { options }))).toMatch(/^raft invariant broken: /);
  });
});

/** What a disk that lost its mind could say. */
class AnyStorage implements LogStorage {
  readonly #hardState: HardState;
  readonly #snapshot: Snapshot;
  readonly #first: number;
  readonly #entries: readonly Entry[];

  constructor(said: StorageSays) {
    this.#hardState = said.hardState;
    this.#snapshot = said.snapshot;
    this.#first = said.first;
    this.#entries = said.terms.map((term, position) => entry(term, said.first + position));
  }

  initialState(): { readonly hardState: HardState; readonly confState: ConfState } {
    return { hardState: this.#hardState, confState: this.#snapshot.confState };
  }

  firstIndex(): number {
    return this.#first;
  }

  lastIndex(): number {
    return this.#first + this.#entries.length - 1;
  }

  term(index: number): number | Gap {
    if (index === this.#first - 1) return this.#snapshot.term;
    return this.#entries[index - this.#first]?.term ?? 'unavailable';
  }

  entries(from: number, to: number): readonly Entry[] | Gap {
    if (from < this.#first) return 'compacted';
    return this.#entries.slice(from - this.#first, to - this.#first);
  }

  snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }
}

interface StorageSays {
  readonly hardState: HardState;
  readonly snapshot: Snapshot;
  readonly first: number;
  readonly terms: readonly number[];
  readonly applied: number;
}

const numbers = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom(...absurdNumbers, 2 ** 48, 2 ** 52, 2 ** 53 - 1) },
);

const ids = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(...absurdNumbers, 0, memberIdMax, memberIdMax + 1) },
);

const idSets = fc.uniqueArray(ids, { maxLength: 3 });

const storages: fc.Arbitrary<StorageSays> = fc.record({
  hardState: fc.record({ term: numbers, vote: fc.oneof(ids, fc.constant(0)), commit: numbers }),
  snapshot: fc.record({
    data: fc.constant(new Uint8Array(0)),
    index: numbers,
    term: numbers,
    confState: fc.oneof(
      fc.constantFrom(confState([1]), confState([1, 2, 3])),
      fc.record({
        voters: idSets,
        learners: idSets,
        votersOutgoing: idSets,
        learnersNext: idSets,
        autoLeave: fc.boolean(),
      }),
    ),
  }),
  first: numbers,
  terms: fc.array(numbers, { maxLength: 6 }),
  applied: numbers,
});

describe('a stored log that cannot be is refused by name', () => {
  const sound: StorageSays = {
    hardState: { term: 2, vote: 0, commit: 3 },
    snapshot: snapshotOf(1, 3, confState([1, 2, 3])),
    first: 4,
    terms: [1, 2],
    applied: 0,
  };

  function startOn(change: Partial<StorageSays>): string {
    const storage = new AnyStorage({ ...sound, ...change });
    const options = { ...usualOptions, id: 1, trace: silentTrace, applied: 0, storage };
    return refusalOf(() => new RawNode(options));
  }

  it('and one that can be is not', () => {
    expect(startOn({})).toBe('none');
  });

  it('one that begins before the first index', () => {
    const refusal = 'raft invariant broken: the stored log follows on what is compacted';
    expect(startOn({ first: 0, terms: [1] })).toBe(refusal);
  });

  it.each([NaN, -1, 0.5, Infinity])('one with an end of term %j', (term) => {
    const refusal = 'raft invariant broken: the ends of the stored log have terms';
    expect(startOn({ terms: [1, term] })).toBe(refusal);
    expect(startOn({ snapshot: { ...sound.snapshot, term } })).toBe(refusal);
  });
});

/** All that a start may say against what is stored. */
const contradictions: readonly string[] = [
  'the stored configuration is one',
  'the stored log ends at an index',
  'the stored log follows on what is compacted',
  'the ends of the stored log have terms',
  'the stored hard state is one',
  'the stored log has all that was committed',
  'the stored log has all that was applied',
  'what was applied ends at an index',
  'what is applied stays applied',
].map((what) => `raft invariant broken: ${what}`);

describe('whatever the storage says', () => {
  it('the member starts, or says what contradicts itself; what starts has a state that can be', () => {
    let started = 0;
    fc.assert(
      fc.property(storages, (said) => {
        const options = { ...usualOptions, id: 1, trace: silentTrace, applied: said.applied };
        let node: RawNode | undefined;
        const refusal = refusalOf(() => {
          node = new RawNode({ ...options, storage: new AnyStorage(said) });
        });
        if (node === undefined) {
          expect(contradictions).toContain(refusal);
          return;
        }
        started += 1;
        const { hardState, applied, lastIndex } = node.status();
        expect(applied).toBeLessThanOrEqual(hardState.commit);
        expect(hardState.commit).toBeLessThanOrEqual(lastIndex);
        expect(node.softState.role).toBe('StateFollower');
        for (let tick = 0; tick < 25; tick += 1) node.tick();
        expect(node.status().hardState.term).toBeLessThanOrEqual(hardState.term + 2);
      }),
      { numRuns: 1000 },
    );
    expect(started).toBeGreaterThan(20);
  });
});
