// What the Raft library costs alone, in memory: processor time and heap of a proposal, how both change as the log grows, and what it
// takes to bring a follower up to date. Rates as a ratio to bare arrays of the same entries in the same run, by turns.
// `node test/bench/raft/raft.ts` prints the table.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Entry } from '../../../manager/raft/entry.ts';
import { median } from '../cost.ts';
import { BareGroup, bareCopy } from './bare.ts';
import { BenchGroup } from './group.ts';

/** What one proposal costs, from `propose` until all members have applied it. */
interface ProposalCost {
  /** Processor time of this thread, microseconds. */
  readonly micros: number;
  /** Heap that is allocated, bytes, of all members together. */
  readonly bytes: number;
}

export interface ProposalFigures {
  readonly members: number;
  /** Proposals between two turns. */
  readonly batch: number;
  readonly raft: ProposalCost;
  readonly bare: ProposalCost;
  /** Pauses of the collector in 100,000 proposals. */
  readonly pauses: { readonly raft: number; readonly bare: number };
}

export interface GrowthFigures {
  /** Entries that the log has before. */
  readonly entries: number;
  /** Processor time of a proposal in all rounds, the collector's passes over the log included, microseconds. */
  readonly cpuMicros: number;
  /** Time of a proposal in the shortest of many short rounds, which nothing else disturbed, microseconds. */
  readonly leastMicros: number;
  /** Heap that a proposal allocates, bytes. */
  readonly bytes: number;
}

export interface CatchUpFigures {
  readonly entries: number;
  readonly messages: number;
  /** Processor time of one entry, microseconds. */
  readonly raftMicros: number;
  readonly bareMicros: number;
}

export interface RaftBench {
  readonly proposals: readonly ProposalFigures[];
  readonly growth: readonly GrowthFigures[];
  readonly catchUp: CatchUpFigures;
}

export interface RaftBenchSize {
  /** Proposals of one round of one contender. */
  readonly proposals: number;
  readonly rounds: number;
  readonly logs: readonly number[];
  readonly catchUpEntries: number;
}

export const fullSize: RaftBenchSize = {
  proposals: 20_000,
  rounds: 9,
  logs: [1000, 10_000, 100_000, 1_000_000],
  catchUpEntries: 100_000,
};

/** One command, of which all entries have the same bytes: nobody looks into it. */
const command = new Uint8Array(128);

/** Moves proposals through a group. */
interface Contender {
  propose(data: Uint8Array): void;
  turn(): void;
  settle(index: number): void;
}

/** A contender and how far it is. */
interface Run {
  readonly group: Contender;
  index: number;
}

export async function measureRaft(size: RaftBenchSize): Promise<RaftBench> {
  const proposals: ProposalFigures[] = [];
  for (const members of [3, 5]) {
    for (const batch of [1, 64]) proposals.push(await measureProposals(members, batch, size));
  }
  return { proposals, growth: measureGrowth(size), catchUp: measureCatchUp(size) };
}

async function measureProposals(
  members: number,
  batch: number,
  { proposals, rounds }: RaftBenchSize,
): Promise<ProposalFigures> {
  using pauses = new Pauses();
  const raft: Run = { group: new BenchGroup(members), index: 1 };
  const bare: Run = { group: new BareGroup(members), index: 0 };
  const costs = { raft: new Costs(), bare: new Costs() };
  const counted = { raft: 0, bare: 0 };
  // The first round teaches the compiler.
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of ['raft', 'bare'] as const) {
      const before = await pauses.count();
      const cost = proposeMany(name === 'raft' ? raft : bare, proposals, batch);
      if (round === 0) continue;
      costs[name].add(cost);
      counted[name] += (await pauses.count()) - before;
    }
  }
  const per = 100_000 / (proposals * rounds);
  return {
    members,
    batch,
    raft: costs.raft.median,
    bare: costs.bare.median,
    pauses: { raft: counted.raft * per, bare: counted.bare * per },
  };
}

/** One proposal at a time: the next comes when all have applied the last. Several: the next ones come with the next turn. */
function proposeMany(run: Run, proposals: number, batch: number): ProposalCost {
  const heap = new HeapSpans();
  const cpu = process.threadCpuUsage();
  // Short, so that the collector runs in few of them.
  const spanEvery = Math.ceil(50 / batch) * batch;
  for (let done = 0; done < proposals; done += batch) {
    for (let one = 0; one < batch; one += 1) run.group.propose(command);
    run.index += batch;
    if (batch === 1) run.group.settle(run.index);
    else run.group.turn();
    if (done % spanEvery === 0) heap.mark(spanEvery);
  }
  run.group.settle(run.index);
  return { micros: microsSince(cpu) / proposals, bytes: heap.median };
}

/** All logs by turns, so that a busy machine slows all alike. A log of a thousand entries does not get to ten thousand. */
function measureGrowth({ logs }: RaftBenchSize): GrowthFigures[] {
  const each = 100;
  const runs = logs.map((entries) => ({
    entries,
    run: { group: new BenchGroup(3, logOf(entries)), index: entries + 1 },
    costs: new Costs(),
    leastMs: Infinity,
  }));
  for (let round = 0; round < 80; round += 1) {
    for (const one of runs) {
      const startMs = performance.now();
      const cost = proposeMany(one.run, each, 1);
      // The first rounds teach the compiler.
      if (round < 10) continue;
      one.costs.add(cost);
      one.leastMs = Math.min(one.leastMs, performance.now() - startMs);
    }
  }
  return runs.map(({ entries, costs, leastMs }) => ({
    entries,
    cpuMicros: costs.meanMicros,
    leastMicros: (leastMs * 1000) / each,
    bytes: costs.median.bytes,
  }));
}

function measureCatchUp({ catchUpEntries: entries, rounds }: RaftBenchSize): CatchUpFigures {
  const log = logOf(entries);
  const raftMicros: number[] = [];
  const bareMicros: number[] = [];
  let messages = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const group = new BenchGroup(3, log, [3]);
    group.appends = 0;
    const cpu = process.threadCpuUsage();
    group.join();
    group.settle(entries + 1);
    raftMicros.push(microsSince(cpu) / entries);
    messages = group.appends;
    const bareCpu = process.threadCpuUsage();
    const copy = bareCopy(log, Math.ceil(entries / messages));
    bareMicros.push(microsSince(bareCpu) / copy.length);
  }
  return {
    entries,
    messages,
    raftMicros: median(raftMicros.slice(1)),
    bareMicros: median(bareMicros.slice(1)),
  };
}

function logOf(entries: number): Entry[] {
  return Array.from({ length: entries }, (_, position) => ({
    type: 'EntryNormal',
    term: 1,
    index: position + 1,
    data: command,
  }));
}

function microsSince(cpu: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(cpu);
  return user + system;
}

class Costs {
  readonly #all: ProposalCost[] = [];

  add(cost: ProposalCost): void {
    this.#all.push(cost);
  }

  /** The kernel counts in steps of milliseconds, so short rounds are only right together. */
  get meanMicros(): number {
    return this.#all.reduce((sum, { micros }) => sum + micros, 0) / this.#all.length;
  }

  get median(): ProposalCost {
    return {
      micros: median(this.#all.map(({ micros }) => micros)),
      // Where the collector ran in all spans of a round, it says nothing.
      bytes: median(this.#all.map(({ bytes }) => bytes).filter(Number.isFinite)),
    };
  }
}

/** What was allocated, as the median of spans: in some of them the collector ran, and they say nothing. */
class HeapSpans {
  readonly #bytes: number[] = [];
  #before = usedHeap();

  mark(proposals: number): void {
    const now = usedHeap();
    if (now > this.#before) this.#bytes.push((now - this.#before) / proposals);
    this.#before = usedHeap();
  }

  get median(): number {
    return median(this.#bytes.slice(1));
  }
}

function usedHeap(): number {
  return getHeapStatistics().used_heap_size;
}

/** Counts the pauses of the collector, which the event loop tells. */
class Pauses implements Disposable {
  #count = 0;
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      this.#count += list.getEntries().length;
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  async count(): Promise<number> {
    for (let turn = 0; turn < 2; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    return this.#count;
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }
}

export function describeRaft({ proposals, growth, catchUp }: RaftBench): string {
  const lines = proposals.map(
    ({ members, batch, raft, bare, pauses }) =>
      `${members} members, ${batch} at a time: ${rate(raft.micros)} proposals/s of processor time, ` +
      `${(bare.micros / raft.micros).toFixed(3)} of bare arrays; ${raft.bytes.toFixed(0)} bytes each, ` +
      `${(raft.bytes / bare.bytes).toFixed(1)} of bare arrays; ` +
      `${pauses.raft.toFixed(1)} pauses in 100,000, bare arrays ${pauses.bare.toFixed(1)}`,
  );
  const first = growth[0]?.leastMicros ?? Number.NaN;
  for (const { entries, cpuMicros, leastMicros, bytes } of growth) {
    lines.push(
      `log of ${entries}: ${leastMicros.toFixed(2)} us a proposal at best, ` +
        `${(leastMicros / first).toFixed(2)} of the shortest log's; ` +
        `${cpuMicros.toFixed(1)} us of processor time; ${bytes.toFixed(0)} bytes`,
    );
  }
  const { entries, messages, raftMicros, bareMicros } = catchUp;
  lines.push(
    `catching up ${entries} entries: ${rate(raftMicros)} entries/s of processor time, ${messages} messages, ` +
      `${(bareMicros / raftMicros).toFixed(3)} of a bare copy`,
  );
  return lines.join('\n');
}

function rate(micros: number): string {
  return (1e6 / micros).toFixed(0);
}

if (import.meta.main) process.stdout.write(`${describeRaft(await measureRaft(fullSize))}\n`);
