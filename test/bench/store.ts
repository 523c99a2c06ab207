// What a replicated task costs in time and memory, as a ratio to a plain Map of the same decoded objects in the same run.
// `node --expose-gc test/bench/store.ts [tasks]` prints the table; the bench project runs it once at its smallest size.
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import {
  decodeBatch,
  encodeBatch,
  newBatch,
  newChangeSet,
  newClaim,
} from '../../proto/gen/changeset.ts';
import type { Op } from '../../proto/gen/changeset.ts';
import {
  TaskState,
  newNetwork,
  newNode,
  newService,
  newTask,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
} from '../../proto/gen/objects.ts';
import type { Task } from '../../proto/gen/objects.ts';
import { newServiceSpec } from '../../proto/gen/specs.ts';
import { createOp, homeOf, putOp } from '../../manager/store/ops.ts';
import { SnapshotInstaller } from '../../manager/store/snapshot-installer.ts';
import { cutSnapshot } from '../../manager/store/snapshot.ts';
import { Store } from '../../manager/store/store.ts';

/** One contender's figures. */
export interface StoreFigures {
  /** Operations applied a second: create, allocate, place, and five statuses of each task. */
  readonly opsPerSecond: number;
  /** Heap that one task holds at the end, bytes. */
  readonly bytesPerTask: number;
}

export interface StoreBench {
  readonly tasks: number;
  /** The change sets decoded, and each task's object replaced in a Map: nothing checked, no index, no version. */
  readonly map: StoreFigures;
  readonly store: StoreFigures;
  readonly snapshotMs: { readonly cut: number; readonly encode: number; readonly install: number };
  readonly snapshotBytes: number;
  /** Longest synchronous call of each kind, milliseconds. */
  readonly longestMs: {
    readonly apply: number;
    readonly encodeSlice: number;
    readonly installSlice: number;
  };
}

const opsPerSet = 200;
const tasksPerService = 1000;
const nodes = 1000;
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Measures both, with `tasks` tasks. */
export function measureStore(tasks: number): StoreBench {
  const ids = newIds(tasks);
  const map = measureMap(ids);
  const { figures, store, longest } = measureOurs(ids);
  return { tasks, map, store: figures, ...measureSnapshot(store, longest) };
}

function newIds(count: number): string[] {
  const bytes = Buffer.alloc(25);
  return Array.from({ length: count }, () => {
    randomFillSync(bytes);
    return Array.from(bytes, (byte) => alphabet[byte % 36]).join('');
  });
}

/** The life of all tasks as entries, made as they are needed so that they do not count. */
function* entriesOf(ids: readonly string[]): Iterable<Uint8Array> {
  let sets = 0;
  const steps: ((id: string, n: number) => Op)[] = [create, allocate, place, ...statuses];
  for (const step of steps) {
    for (let start = 0; start < ids.length; start += opsPerSet) {
      const chunk = ids.slice(start, start + opsPerSet);
      sets += 1;
      const claims =
        step === allocate
          ? chunk.map((owner, n) =>
              newClaim({ space: 'address/net', key: addressOf(start + n), owner }),
            )
          : [];
      const ops = chunk.map((id, n) => step(id, start + n));
      const wallMs = 1_767_225_600_000 + sets;
      const set = newChangeSet({
        id: `set-${sets}`,
        actor: 'controller:bench',
        wallMs,
        claims,
        ops,
      });
      yield encodeBatch(newBatch({ sets: [set] }));
    }
  }
}

function create(id: string, n: number): Op {
  const serviceId = `service-${Math.floor(n / tasksPerService)}`;
  const desired = newTaskDesired({ state: TaskState.running });
  return createOp({
    kind: 'task',
    value: newTask({ id, serviceId, slot: (n % tasksPerService) + 1, desired }),
  });
}

function addressOf(n: number): string {
  return `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/8`;
}

function allocate(id: string, n: number): Op {
  const addresses = [newTaskAddress({ networkId: 'net', address: addressOf(n) })];
  const value = newTaskNetwork({ addresses, allocatedAtMs: 1_767_225_600_000 + n });
  return putOp({ ...homeOf.taskNetwork, key: id }, { kind: 'taskNetwork', value });
}

function place(id: string, n: number): Op {
  const value = newTaskPlacement({
    nodeId: `node-${n % nodes}`,
    placedAtMs: 1_767_225_600_000 + n,
  });
  return putOp({ ...homeOf.taskPlacement, key: id }, { kind: 'taskPlacement', value });
}

const statuses = [
  TaskState.accepted,
  TaskState.preparing,
  TaskState.ready,
  TaskState.starting,
  TaskState.running,
].map((state) => (id: string, n: number): Op => {
  const value = newTaskStatus({
    state,
    timestampMs: 1_767_225_600_000 + n,
    message: 'started',
    containerId: state >= TaskState.starting ? id.padEnd(64, id) : '',
    pid: state === TaskState.running ? n : 0,
  });
  return putOp({ ...homeOf.taskStatus, key: id }, { kind: 'taskStatus', value });
});

function measureMap(ids: readonly string[]): StoreFigures {
  const tasks = new Map<string, Task>();
  const heapBefore = heapBytes();
  let tookMs = 0;
  for (const entry of entriesOf(ids)) {
    const startMs = performance.now();
    for (const set of decodeBatch(entry).sets) for (const op of set.ops) putInMap(tasks, op);
    tookMs += performance.now() - startMs;
  }
  const bytes = heapBytes() - heapBefore;
  const ops = ids.length * (3 + statuses.length);
  return { opsPerSecond: (ops / tookMs) * 1000, bytesPerTask: bytes / tasks.size };
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

interface Ours {
  readonly figures: StoreFigures;
  readonly store: Store;
  readonly longest: number;
}

function measureOurs(ids: readonly string[]): Ours {
  const store = new Store();
  let index = 0;
  const apply = (data: Uint8Array): void => {
    index += 1;
    store.apply({ index, term: 1, data });
  };
  for (const ops of surroundings(ids.length)) {
    apply(encodeBatch(newBatch({ sets: [newChangeSet({ id: `first-${index}`, ops })] })));
  }
  const heapBefore = heapBytes();
  let tookMs = 0;
  let longest = 0;
  for (const entry of entriesOf(ids)) {
    const startMs = performance.now();
    apply(entry);
    const ms = performance.now() - startMs;
    tookMs += ms;
    longest = Math.max(longest, ms);
  }
  const bytes = heapBytes() - heapBefore;
  const ops = ids.length * (3 + statuses.length);
  const figures = { opsPerSecond: (ops / tookMs) * 1000, bytesPerTask: bytes / ids.length };
  return { figures, store, longest };
}

/** The network, nodes and services, in sets that are not too large. */
function* surroundings(tasks: number): Iterable<Op[]> {
  yield [createOp({ kind: 'network', value: newNetwork({ id: 'net' }) })];
  for (let n = 0; n < nodes; n += 1) {
    yield [createOp({ kind: 'node', value: newNode({ id: `node-${n}` }) })];
  }
  for (let n = 0; n * tasksPerService < tasks; n += 1) {
    const id = `service-${n}`;
    yield [
      createOp({ kind: 'service', value: newService({ id, spec: newServiceSpec({ name: id }) }) }),
    ];
  }
}

function measureSnapshot(
  store: Store,
  apply: number,
): Pick<StoreBench, 'snapshotMs' | 'snapshotBytes' | 'longestMs'> {
  const cutStart = performance.now();
  const cut = cutSnapshot(store);
  const cutMs = performance.now() - cutStart;
  const installer = new SnapshotInstaller();
  const totals = { encode: 0, install: 0, bytes: 0, encodeSlice: 0, installSlice: 0 };
  while (!cut.isDone) {
    const encodeStart = performance.now();
    const slice = cut.encodeSlice(500);
    const encodeMs = performance.now() - encodeStart;
    totals.encode += encodeMs;
    totals.encodeSlice = Math.max(totals.encodeSlice, encodeMs);
    totals.bytes += slice.length;
    const installStart = performance.now();
    installer.feed(slice);
    while (installer.step(500));
    const installMs = performance.now() - installStart;
    totals.install += installMs;
    totals.installSlice = Math.max(totals.installSlice, installMs);
  }
  installer.finish();
  return {
    snapshotMs: { cut: cutMs, encode: totals.encode, install: totals.install },
    snapshotBytes: totals.bytes,
    longestMs: { apply, encodeSlice: totals.encodeSlice, installSlice: totals.installSlice },
  };
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** The figures as lines for people. */
export function describeStore(bench: StoreBench): string {
  const { tasks, map, store, snapshotMs, longestMs } = bench;
  const ratio = (ours: number, theirs: number): string => (ours / theirs).toFixed(2);
  return [
    `${tasks} tasks`,
    `apply: ${store.opsPerSecond.toFixed(0)} ops/s, ${ratio(store.opsPerSecond, map.opsPerSecond)} of a plain Map`,
    `memory: ${store.bytesPerTask.toFixed(0)} bytes a task with all indexes, claims and buckets, ` +
      `${ratio(store.bytesPerTask, map.bytesPerTask)} of a plain Map (${map.bytesPerTask.toFixed(0)})`,
    `snapshot: cut ${snapshotMs.cut.toFixed(1)} ms, encode ${snapshotMs.encode.toFixed(0)} ms, ` +
      `install ${snapshotMs.install.toFixed(0)} ms, ${(bench.snapshotBytes / tasks).toFixed(0)} bytes a task`,
    `longest call: apply ${longestMs.apply.toFixed(1)} ms, encode ${longestMs.encodeSlice.toFixed(1)} ms, ` +
      `install ${longestMs.installSlice.toFixed(1)} ms`,
  ].join('\n');
}

if (import.meta.main) console.log(describeStore(measureStore(Number(process.argv[2] ?? 100_000))));
