import { expect } from 'vitest';
import type { Decider, Draft } from '../../manager/store/decider.ts';
import type { TaskRow } from '../../manager/store/rows.ts';
import { stampIds } from '../../manager/loop/stamp.ts';
import { RowBudget } from '../../manager/loop/row-budget.ts';
import { seededRandom, type Random } from '../../common/pure/random.ts';
import { requestedRollback } from '../../manager/orchestrator/update/update-status.ts';
import { deleteFacetOp, putOp } from '../../manager/store/ops.ts';
import {
  Facet,
  newNodeDescription,
  newNodeStatus,
  newTaskDesired,
  newTaskStatus,
  NodeState,
  Table,
  type NodeDescription,
  type TaskState,
} from '../../proto/gen/objects.ts';
import {
  newNodeSpec,
  newServiceSpec,
  type NodeSpec,
  type ServiceSpec,
} from '../../proto/gen/specs.ts';
import { StoreFixture } from './store-fixture.ts';

/** What one call of a decider gave. */
export interface DecidedCall {
  readonly sets: readonly Draft[];
  readonly wakeInMs: number | undefined;
  readonly more: boolean;
}

/** Drives deciders by hand against a real store: decides, applies, and holds what every decider promises. */
export class DeciderRig {
  readonly fixture = new StoreFixture();
  nowMs = 1000;
  readonly #random: Random;

  constructor(seed = 1) {
    this.#random = seededRandom(seed);
  }

  get view(): StoreFixture['view'] {
    return this.fixture.view;
  }

  /** Lets time pass on both clocks. */
  advance(byMs: number): void {
    this.nowMs += byMs;
    this.fixture.wallMs += byMs;
  }

  /** Decides once, without applying. Placeholders are replaced by ids. */
  ask(decider: Decider, key: string, rows = 1_000_000): DecidedCall {
    const time = { nowMs: this.nowMs, clusterMs: this.fixture.wallMs };
    const decision = decider.decide(this.view, key, time, new RowBudget(rows));
    const { wakeAtMs } = decision;
    return {
      sets: stampIds(decision.sets, this.#random),
      wakeInMs: wakeAtMs === undefined ? undefined : wakeAtMs - this.nowMs,
      more: decision.more,
    };
  }

  /** Applies the sets; none may be refused. */
  apply(sets: readonly Draft[]): void {
    for (const draft of sets) this.fixture.change(draft);
  }

  /** Applies the set, if nothing that it relies on has changed since it was decided. */
  try(draft: Draft): boolean {
    return this.fixture.apply(draft).outcome.kind === 'done';
  }

  /**
   * Decides and applies until nothing is left to do, and gives all sets.
   * @throws when that takes more calls than any honest decision does.
   */
  settle(decider: Decider, key: string, rows?: number): readonly Draft[] {
    const sets: Draft[] = [];
    for (let calls = 0; calls < 1000; calls += 1) {
      const call = this.ask(decider, key, rows);
      this.apply(call.sets);
      sets.push(...call.sets);
      if (call.sets.length === 0 && !call.more) return sets;
    }
    throw new Error(`${decider.name} does not come to rest for ${key}`);
  }

  /** Decides, applies, decides again: the second time there is nothing to do. */
  settleAtOnce(decider: Decider, key: string): DecidedCall {
    const call = this.ask(decider, key);
    this.apply(call.sets);
    if (!call.more) expect(this.ask(decider, key).sets).toEqual([]);
    return call;
  }

  /** Runs the deciders over all their keys until none has anything to do. */
  converge(deciders: readonly Decider[]): void {
    for (let rounds = 0; rounds < 100; rounds += 1) {
      let sets = 0;
      for (const decider of deciders) {
        const keys = [...decider.allKeys(this.view)];
        for (const key of keys) sets += this.settle(decider, key).length;
      }
      if (sets === 0) return;
    }
    throw new Error('the deciders do not come to rest together');
  }

  /** A node that is ready, active, and whose engine answers, unless told otherwise. */
  node(id: string, options: NodeOptions = {}): void {
    const { state = NodeState.nodeReady, spec = {}, description = {}, address = '' } = options;
    this.fixture.node(id, {
      spec: newNodeSpec({ name: id, ...spec }),
      status: newNodeStatus({
        state,
        address,
        description: newNodeDescription({
          hostname: id,
          engineAvailable: true,
          nanoCpus: 4_000_000_000,
          memoryBytes: 1024 * 1024 * 1024,
          ...description,
        }),
      }),
    });
  }

  nodeState(id: string, state: NodeState): void {
    const status = this.view.node(id as never)?.status ?? newNodeStatus();
    this.fixture.change({ ops: [putValueOp(Table.nodes, id, { ...status, state })] });
  }

  nodeSpec(id: string, change: Partial<NodeSpec>): void {
    const spec = this.view.node(id as never)?.spec ?? newNodeSpec();
    const home = { table: Table.nodes, key: id, facet: Facet.spec };
    this.fixture.change({
      ops: [putOp(home, { kind: 'nodeSpec', value: { ...spec, ...change } })],
    });
  }

  service(id: string, spec: Partial<ServiceSpec>): void {
    this.fixture.service(id, { spec: newServiceSpec({ name: id, ...spec }) });
  }

  /** A user puts another spec, which ends what the last update said; or goes back to the previous one. */
  update(id: string, spec: Partial<ServiceSpec> | 'rollback'): void {
    const row = this.view.service(id as never);
    if (row === undefined) throw new Error(`no such service: ${id}`);
    const isBack = spec === 'rollback';
    const value = isBack ? row.previous?.spec : newServiceSpec({ name: id, ...spec });
    if (value === undefined) throw new Error(`${id} has no previous spec`);
    const home = { table: Table.services, key: id };
    const lifecycle = { ...home, facet: Facet.lifecycle };
    const status = isBack
      ? putOp(lifecycle, { kind: 'serviceLifecycle', value: requestedRollback(row) })
      : deleteFacetOp(lifecycle);
    this.fixture.change({
      ops: [putOp({ ...home, facet: Facet.spec }, { kind: 'serviceSpec', value }), status],
    });
  }

  scale(id: string, replicas: number): void {
    const spec = this.view.service(id as never)?.current.spec ?? newServiceSpec();
    const mode = { mode: { kind: 'replicated', value: { replicas } } } as const;
    const home = { table: Table.services, key: id, facet: Facet.spec };
    this.fixture.change({
      ops: [putOp(home, { kind: 'serviceSpec', value: { ...spec, mode } })],
    });
  }

  /** The node reports `state` of the task. */
  report(task: TaskRow, state: TaskState): void {
    const home = { table: Table.tasks, key: task.id, facet: Facet.status };
    const value = newTaskStatus({ state, appliedAtMs: this.fixture.wallMs });
    this.fixture.change({ ops: [putOp(home, { kind: 'taskStatus', value })] });
  }

  desire(task: TaskRow, state: TaskState): void {
    const home = { table: Table.tasks, key: task.id, facet: Facet.desired };
    const value = newTaskDesired({ state });
    this.fixture.change({ ops: [putOp(home, { kind: 'taskDesired', value })] });
  }

  /** Tasks of a service by slot, then by age. */
  tasks(serviceId: string): readonly TaskRow[] {
    return this.view
      .tasksOfService(serviceId as never)
      .toSorted((left, right) => left.slot - right.slot || left.createdAtMs - right.createdAtMs);
  }
}

export interface NodeOptions {
  readonly state?: NodeState;
  readonly spec?: Partial<NodeSpec>;
  readonly description?: Partial<NodeDescription>;
  readonly address?: string;
}

function putValueOp(
  table: Table,
  key: string,
  value: ReturnType<typeof newNodeStatus>,
): ReturnType<typeof putOp> {
  return putOp({ table, key, facet: Facet.status }, { kind: 'nodeStatus', value });
}
