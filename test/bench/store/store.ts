// What a store of many tasks costs in time, memory and slices of the main thread; rates as a ratio to a plain Map of the same decoded
// objects in the same run. `node --expose-gc test/bench/store/store.ts [tasks]` prints the table.
import { decodeBatch, type Op } from '../../../proto/gen/changeset.ts';
import type { Task } from '../../../proto/gen/objects.ts';
import { SnapshotInstaller } from '../../../manager/store/snapshot-installer.ts';
import { cutSnapshot, stateHash } from '../../../manager/store/snapshot.ts';
import { Store } from '../../../manager/store/store.ts';
import { limits } from '../../../common/pure/limits.ts';
import { measureReconcile, type ChangeFigures, type ReconcileFigures } from './reconcile.ts';
import { Slices, type PauseFigures, type SliceFigures } from './slices.ts';
import {
  entry,
  livesOf,
  newIds,
  opsPerLife,
  runningTasks,
  statusChanges,
  surroundings,
} from './workload.ts';

export interface StoreBench {
  readonly tasks: number;
  /** Operations a second over whole lives of `rateTasks` tasks. */
  readonly rates: {
    readonly tasks: number;
    readonly map: number;
    readonly store: number;
    readonly watched: number;
  };
  /** Heap that one task holds, bytes. */
  readonly bytes: { readonly map: number; readonly store: number };
  readonly slices: Readonly<Record<SliceName, SliceFigures>>;
  readonly pauses: PauseFigures;
  readonly snapshotBytes: number;
  readonly reconcile: ReconcileFigures;
}

const sliceNames = ['fill', 'apply', 'cut', 'encode', 'beside', 'install'] as const;
type SliceName = (typeof sliceNames)[number];

/** Measures with `tasks` tasks in the store; rates with a tenth as many, but no fewer than 1000. */
export async function measureStore(tasks: number): Promise<StoreBench> {
  const rateIds = newIds(Math.max(1000, Math.floor(tasks / 10)));
  const rates = {
    tasks: rateIds.length,
    map: mapRate(rateIds),
    store: storeRate(rateIds, false),
    watched: storeRate(rateIds, true),
  };
  const ids = newIds(tasks);
  const bytes = { map: mapBytes(ids), store: 0 };
  using slices = new Slices();
  const before = heapBytes();
  const applier = new Applier(ids.length);
  await applier.fill(slices, ids);
  bytes.store = (heapBytes() - before) / tasks;
  const snapshotBytes = await measureSnapshot(slices, applier, ids);
  const reconcile = await measureReconcile(slices, applier.store, ids);
  await slices.turn();
  await slices.turn();
  const figures = Object.fromEntries(sliceNames.map((name) => [name, slices.figures(name)]));
  return {
    tasks,
    rates,
    bytes,
    slices: figures as Record<SliceName, SliceFigures>,
    pauses: slices.pauses(),
    snapshotBytes,
    reconcile,
  };
}

/** A store with its next index. */
class Applier {
  readonly store = new Store();
  #index = 0;

  constructor(tasks: number) {
    for (const ops of surroundings(tasks)) this.apply(entry({ ops }));
  }

  apply(data: Uint8Array): void {
    this.#index += 1;
    this.store.apply({ index: this.#index, term: 1, data });
  }

  async fill(slices: Slices, ids: readonly string[]): Promise<void> {
    for (const data of runningTasks(ids)) {
      slices.time('fill', () => {
        this.apply(data);
      });
      await slices.turn();
    }
    for (const data of statusChanges(ids, Math.ceil(ids.length / 10))) {
      slices.time('apply', () => {
        this.apply(data);
      });
      await slices.turn();
    }
  }
}

function mapRate(ids: readonly string[]): number {
  const tasks = new Map<string, Task>();
  let tookMs = 0;
  for (const data of livesOf(ids)) {
    const startMs = cpuMs();
    for (const set of decodeBatch(data).sets) for (const op of set.ops) putInMap(tasks, op);
    tookMs += cpuMs() - startMs;
  }
  return ((ids.length * opsPerLife) / tookMs) * 1000;
}

function storeRate(ids: readonly string[], isWatched: boolean): number {
  const applier = new Applier(ids.length);
  let events = 0;
  const watcher = applier.store.watch(undefined, () => {
    const take = watcher.take();
    if (take.kind === 'events') events += take.events.length;
  });
  if (!isWatched) watcher.close();
  let tookMs = 0;
  for (const data of livesOf(ids)) {
    const startMs = cpuMs();
    applier.apply(data);
    tookMs += cpuMs() - startMs;
  }
  if (isWatched && events !== ids.length * opsPerLife) throw new Error('events are missing');
  return ((ids.length * opsPerLife) / tookMs) * 1000;
}

function mapBytes(ids: readonly string[]): number {
  const before = heapBytes();
  const tasks = new Map<string, Task>();
  for (const data of runningTasks(ids)) {
    for (const set of decodeBatch(data).sets) for (const op of set.ops) putInMap(tasks, op);
  }
  return (heapBytes() - before) / tasks.size;
}

function putInMap(tasks: Map<string, Task>, { op }: Op): void {
  if (op?.kind === 'create' && op.value.object?.kind === 'task') {
    tasks.set(op.value.object.value.id, op.value.object.value);
    return;
  }
  if (op?.kind !== 'put') return;
  const task = tasks.get(op.value.key);
  const { value } = op.value;
  if (task === undefined) return;
  if (value?.kind === 'taskNetwork') tasks.set(task.id, { ...task, network: value.value });
  if (value?.kind === 'taskPlacement') tasks.set(task.id, { ...task, placement: value.value });
  if (value?.kind === 'taskStatus') tasks.set(task.id, { ...task, status: value.value });
}

/** Cuts a snapshot, changes tasks of every part of the store while it is encoded, and installs it. Gives its bytes. */
async function measureSnapshot(
  slices: Slices,
  applier: Applier,
  ids: readonly string[],
): Promise<number> {
  const installer = new SnapshotInstaller();
  const changes = statusChanges(ids, ids.length)[Symbol.iterator]();
  const cut = slices.time('cut', () => cutSnapshot(applier.store));
  let bytes = 0;
  while (!cut.isDone) {
    const data = slices.time('encode', () => cut.encodeSlice(limits.snapshotSliceRows));
    bytes += data.length;
    await slices.turn();
    const change = changes.next();
    if (change.done !== true) slices.time('beside', () => applier.apply(change.value));
    await slices.turn();
    installer.feed(data);
    while (slices.time('install', () => installer.step(limits.snapshotSliceRows)))
      await slices.turn();
  }
  const store = new Store();
  slices.time('install', () => {
    store.replace(installer.finish());
  });
  if (ids.length <= 10_000) stateHash(store);
  return bytes;
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** The figures as lines for people. */
export function describeStore(bench: StoreBench): string {
  const { tasks, rates, bytes, slices, pauses, reconcile } = bench;
  const ratio = (ours: number, theirs: number): string => (ours / theirs).toFixed(2);
  const slice = (name: string, slices: SliceFigures): string =>
    `${name}: ${slices.totalMs.toFixed(0)} ms in ${slices.count} slices, longest ${slices.longestMs.toFixed(1)} ms, ` +
    `all but one in a thousand at most ${slices.nearlyAllMs.toFixed(1)} ms`;
  const change = (name: string, { ms, sets }: ChangeFigures): string =>
    `${name}: ${ms.toFixed(3)} ms of applying and of the loop, metrics included, ${sets.toFixed(1)} sets, ${(ms / sets).toFixed(3)} ms each`;
  return [
    `${tasks} tasks`,
    `apply: ${rates.store.toFixed(0)} ops/s, ${ratio(rates.store, rates.map)} of a plain Map; ` +
      `watched: ${rates.watched.toFixed(0)}, ${ratio(rates.watched, rates.map)} (${rates.tasks} tasks)`,
    `memory: ${bytes.store.toFixed(0)} bytes a task with indexes, claims and buckets, ` +
      `${ratio(bytes.store, bytes.map)} of a plain Map (${bytes.map.toFixed(0)})`,
    ...sliceNames.map((name) => slice(name, slices[name])),
    `snapshot: ${(bench.snapshotBytes / tasks).toFixed(0)} bytes a task`,
    slice('indexes and a pass over all', reconcile.pass),
    change('a task fails and is replaced', reconcile.change),
    change('the first that fail in a process', reconcile.firstChange),
    `counting a decision: ${reconcile.countUs.toFixed(2)} us`,
    `collector: ${pauses.count} pauses, ${pauses.totalMs.toFixed(0)} ms, longest ${pauses.longestMs.toFixed(1)} ms`,
  ].join('\n');
}

if (import.meta.main)
  console.log(describeStore(await measureStore(Number(process.argv[2] ?? 100_000))));
