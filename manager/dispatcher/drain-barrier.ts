import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { NodeId, TaskId } from '../../common/pure/ids.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import { NodeState, Table, TaskState } from '../../proto/gen/objects.ts';
import type { StoreEvent } from '../store/events.ts';
import type { NodeRow, TaskRow } from '../store/rows.ts';
import { isPlaced, isTerminal } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { isEndpoint, isReachable, publishesPorts } from './endpoint-set.ts';

/** How long a node that is slow is waited for, milliseconds. */
const slowNodeMs = 2_000;

/** A task whose stop is held back. */
export interface DrainingTask {
  readonly taskId: TaskId;
  readonly nodeId: NodeId;
}

export interface DrainBarrierParts {
  /** The store as it is now. */
  readonly view: () => StoreView;
  readonly clock: Clock;
  readonly log: Log;
  readonly hasSession: (nodeId: NodeId) => boolean;
  /** Up to which revision the node's picks follow the endpoints. */
  readonly followed: (nodeId: NodeId) => number;
  /** What is wanted of the task may be told to its node now. */
  readonly released: (task: DrainingTask) => void;
}

/** What one change set took out of the endpoint sets. */
interface Gate {
  readonly revision: number;
  readonly deadlineMs: number;
  readonly tasks: Map<TaskId, NodeId>;
  /** Nodes that may still send connections to these tasks. */
  readonly lagging: Set<NodeId>;
}

/**
 * Holds back the stop of a task that serves traffic until no node sends connections to it any more.
 *
 * It waits for every node that may serve the port and whose picks do not follow the change yet; not for one that is down, and not longer than
 * 2 s for one that is slow: that one is suspect, and nobody waits for it before it has caught up. A task that never served, or that ended by
 * itself, is not held. Leader-local: a new leader holds anew what is to stop and still runs, and the hellos of the nodes release it.
 */
export class DrainBarrier {
  readonly #parts: DrainBarrierParts;
  /** By revision, and by deadline as well. */
  #gates: Gate[] = [];
  readonly #held = new Map<TaskId, Gate>();
  /** Nodes that were too slow, with the revision that they have to catch up with. */
  readonly #suspects = new Map<NodeId, number>();
  readonly #changed = new Wakeup();

  constructor(parts: DrainBarrierParts) {
    this.#parts = parts;
    this.#holdWhatStops();
  }

  isHeld(taskId: TaskId): boolean {
    return this.#held.has(taskId);
  }

  /** Takes a change of the store, before any node is told of it. */
  note(event: StoreEvent): void {
    if (event.table === Table.nodes) this.#noteNode(event);
    if (event.table !== Table.tasks) return;
    const before = event.before as TaskRow | undefined;
    const after = event.after as TaskRow | undefined;
    if (after !== undefined && isTerminal(after)) this.#release(after.id);
    else if (before !== undefined && this.#endsServing(before, after)) {
      this.#hold(before, this.#outOfServiceAt(before, event.revision));
    }
  }

  /** The node follows more than before. */
  followed(nodeId: NodeId): void {
    const revision = this.#parts.followed(nodeId);
    const missed = this.#suspects.get(nodeId);
    if (missed !== undefined && missed <= revision) this.#suspects.delete(nodeId);
    for (const gate of this.#gates) if (gate.revision <= revision) gate.lagging.delete(nodeId);
    this.#openPassed();
  }

  /** Ends the wait for slow nodes in time, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const [oldest] = this.#gates;
      if (oldest === undefined) {
        await this.#changed.wait(signal);
        continue;
      }
      await clock.sleep(oldest.deadlineMs - clock.nowMs(), signal).catch(() => undefined);
      if (!signal.aborted) this.#openLate();
    }
  }

  /**
   * Who begins does not know who has acknowledged what, nor which stops were told already: those are told again. Each waits for the change
   * that took the task out of service, and no later one: nodes acknowledge only what moves an endpoint.
   */
  #holdWhatStops(): void {
    const view = this.#parts.view();
    const stopping = [TaskState.shutdown, TaskState.remove]
      .flatMap((state) => [...view.tasksByDesiredState(state)])
      .filter((task) => task.reportedState === TaskState.running && isReachable(view, task));
    for (const task of stopping.toSorted((one, two) => one.desiredVersion - two.desiredVersion)) {
      if (isPlaced(task)) this.#hold(task, this.#outOfServiceAt(task, task.desiredVersion));
    }
  }

  #endsServing(before: TaskRow, after: TaskRow | undefined): boolean {
    const isStopped = after === undefined || after.desiredState > TaskState.running;
    return isStopped && isEndpoint(this.#parts.view(), before);
  }

  /**
   * The change that took a task which stops at `revision` out of service: where the service had lost its ports before, the nodes were told then,
   * and have nothing to acknowledge now.
   */
  #outOfServiceAt({ serviceId }: TaskRow, revision: number): number {
    const service = this.#parts.view().service(serviceId);
    if (service === undefined || publishesPorts(service)) return revision;
    return Math.min(service.networkVersion, revision);
  }

  #noteNode(event: StoreEvent): void {
    const node = event.after as NodeRow | undefined;
    if (node !== undefined && node.status.state !== NodeState.nodeDown) return;
    const nodeId = (event.before as NodeRow | undefined)?.id ?? node?.id;
    if (nodeId === undefined) return;
    this.#suspects.delete(nodeId);
    this.#waitNoMoreFor(nodeId);
    this.#openPassed();
  }

  #hold(task: TaskRow, revision: number): void {
    const last = this.#gates.at(-1);
    const gate = last?.revision === revision ? last : this.#newGate(revision);
    if (gate === undefined) return;
    gate.tasks.set(task.id, task.nodeId);
    this.#held.set(task.id, gate);
  }

  /** Undefined when nobody has to be waited for. */
  #newGate(revision: number): Gate | undefined {
    const lagging = new Set(this.#laggingAt(revision));
    if (lagging.size === 0) return undefined;
    const deadlineMs = this.#parts.clock.nowMs() + slowNodeMs;
    const gate = { revision, deadlineMs, tasks: new Map<TaskId, NodeId>(), lagging };
    this.#gates.push(gate);
    this.#changed.notify();
    return gate;
  }

  *#laggingAt(revision: number): Iterable<NodeId> {
    const { view, hasSession, followed } = this.#parts;
    for (const { id, status } of view().nodes()) {
      if (status.state === NodeState.nodeDown || this.#suspects.has(id)) continue;
      const mayServe = status.state === NodeState.nodeReady || hasSession(id);
      if (mayServe && followed(id) < revision) yield id;
    }
  }

  #openLate(): void {
    const { clock, log } = this.#parts;
    const nowMs = clock.nowMs();
    for (const { revision, deadlineMs, lagging } of this.#gates) {
      if (deadlineMs > nowMs) break;
      for (const nodeId of lagging) {
        log.at('warn', 'node does not follow the endpoints in time', { nodeId, revision });
        this.#suspects.set(nodeId, revision);
        this.#waitNoMoreFor(nodeId);
      }
    }
    this.#openPassed();
  }

  #waitNoMoreFor(nodeId: NodeId): void {
    for (const { lagging } of this.#gates) lagging.delete(nodeId);
  }

  #openPassed(): void {
    const passed = this.#gates.filter(({ lagging }) => lagging.size === 0);
    if (passed.length === 0) return;
    this.#gates = this.#gates.filter(({ lagging }) => lagging.size > 0);
    for (const { tasks } of passed) for (const taskId of tasks.keys()) this.#release(taskId);
  }

  #release(taskId: TaskId): void {
    const nodeId = this.#held.get(taskId)?.tasks.get(taskId);
    this.#held.delete(taskId);
    if (nodeId !== undefined) this.#parts.released({ taskId, nodeId });
  }
}
