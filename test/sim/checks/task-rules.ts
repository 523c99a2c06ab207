import type { StoreEvent } from '../../../manager/store/events.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../../../manager/store/rows.ts';
import { isOver, isPlaced, isTerminal, taskState } from '../../../manager/store/task-state.ts';
import { NodeState, Table, TaskState } from '../../../proto/gen/objects.ts';
import { NodeAvailability, PublishMode } from '../../../proto/gen/specs.ts';

/** What a report says that no node may make. */
export const foreignMessage = 'said by who may not';

export type Complain = (invariant: string, detail: string) => void;

/**
 * What must hold at every change of a row, checked in the order of the changes on a model of its own: each event is looked at as the store
 * stood then, though several may come at once.
 */
export class TaskRules {
  readonly #complain: Complain;
  readonly #nodes = new Map<string, NodeRow>();
  readonly #services = new Set<string>();
  /** Tasks that are to run, by service and slot. */
  readonly #wanted = new Map<string, Set<string>>();
  /** Slots with more than one of them, until the set that did it is over. */
  readonly #crowded = new Set<string>();
  /** Task that has an address, by network and address. */
  readonly #addresses = new Map<string, string>();
  /** Service that publishes a port. */
  readonly #ports = new Map<string, string>();
  /** Memory that tasks reserve on a node, bytes; those that ended do not count. */
  readonly #reserved = new Map<string, Map<string, number>>();
  /** Whether a slot of the service may have two tasks that are to run. */
  readonly #maySpareTwo: (serviceId: string) => boolean;

  constructor(complain: Complain, maySpareTwo: (serviceId: string) => boolean) {
    this.#complain = complain;
    this.#maySpareTwo = maySpareTwo;
  }

  note(event: StoreEvent): void {
    if (event.table === Table.nodes) this.#noteNode(event);
    else if (event.table === Table.services) this.#noteService(event);
    else if (event.table === Table.tasks) this.#noteTask(event);
  }

  #noteNode({ key, after }: StoreEvent): void {
    if (after === undefined) this.#nodes.delete(key);
    else this.#nodes.set(key, after as NodeRow);
  }

  #noteService(event: StoreEvent): void {
    const before = event.before as ServiceRow | undefined;
    const after = event.after as ServiceRow | undefined;
    if (after === undefined) this.#services.delete(event.key);
    else this.#services.add(event.key);
    for (const port of ingressPorts(before)) {
      if (this.#ports.get(port) === event.key) this.#ports.delete(port);
    }
    for (const port of ingressPorts(after)) {
      const owner = this.#ports.get(port);
      if (owner !== undefined) this.#complain('N1', `port ${port} of ${owner} and ${event.key}`);
      this.#ports.set(port, event.key);
    }
  }

  #noteTask(event: StoreEvent): void {
    const before = event.before as TaskRow | undefined;
    const after = event.after as TaskRow | undefined;
    if (before !== undefined && after !== undefined) this.#checkSteps(before, after);
    if (after === undefined && before !== undefined) this.#checkDeletion(before);
    if (after !== undefined) this.#checkPlacement(before, after);
    if (after?.message === foreignMessage) {
      this.#complain('T9', `task ${after.id} has a status that nobody may report`);
    }
    this.#follow(before, after);
  }

  #follow(before: TaskRow | undefined, after: TaskRow | undefined): void {
    this.#followAddresses(before, after);
    this.#followReservation(before, after);
    this.#followSlot(before, after);
  }

  /** T1 and T2: states move forward, identity stays. */
  #checkSteps(before: TaskRow, after: TaskRow): void {
    const { id } = after;
    if (taskState(after) < taskState(before)) {
      this.#complain('T1', `task ${id} went from ${taskState(before)} to ${taskState(after)}`);
    }
    if (isTerminal(before) && after.reportedState !== before.reportedState) {
      const { reportedState } = before;
      this.#complain('T1', `task ${id} ended as ${reportedState}, then as ${after.reportedState}`);
    }
    if (after.desiredState < before.desiredState) {
      this.#complain(
        'T1',
        `task ${id} is wanted ${after.desiredState}, was ${before.desiredState}`,
      );
    }
    const isSame =
      after.serviceId === before.serviceId &&
      after.slot === before.slot &&
      after.createdAtMs === before.createdAtMs &&
      (before.nodeId === '' || after.nodeId === before.nodeId);
    if (!isSame) this.#complain('T2', `task ${id} changed its identity`);
  }

  /** T5: only what nobody wants and does not run goes. */
  #checkDeletion(task: TaskRow): void {
    const isAtRest = isTerminal(task) || !isPlaced(task) || !this.#nodes.has(task.nodeId);
    const isWanted = task.desiredState <= TaskState.running;
    if (!isAtRest) this.#complain('T5', `task ${task.id} vanished while it may run`);
    if (isWanted && this.#services.has(task.serviceId)) {
      this.#complain('T5', `task ${task.id} vanished though it is wanted`);
    }
  }

  /** T6: nothing new goes where nothing may run. */
  #checkPlacement(before: TaskRow | undefined, after: TaskRow): void {
    if (!isPlaced(after) || (before !== undefined && isPlaced(before))) return;
    const node = this.#nodes.get(after.nodeId);
    const isOpen =
      node?.spec.availability === NodeAvailability.active &&
      node.status.state === NodeState.nodeReady;
    this.#checkRoom(after, node);
    if (!isOpen) this.#complain('T6', `task ${after.id} was placed on a node that takes none`);
  }

  /** T8: what the tasks of a node reserve is there. */
  #checkRoom(task: TaskRow, node: NodeRow | undefined): void {
    const there = node?.status.description?.memoryBytes ?? 0;
    let bytes = reservedBytes(task);
    if (bytes === 0) return;
    for (const [id, reserved] of this.#reserved.get(task.nodeId) ?? []) {
      if (id !== task.id) bytes += reserved;
    }
    if (bytes > there) this.#complain('T8', `${bytes} of ${there} bytes reserved on ${node?.id}`);
  }

  #followReservation(before: TaskRow | undefined, after: TaskRow | undefined): void {
    const id = (after ?? before)?.id ?? '';
    if (before !== undefined) this.#reserved.get(before.nodeId)?.delete(id);
    if (after === undefined || !isPlaced(after) || isTerminal(after)) return;
    const tasks = this.#reserved.get(after.nodeId) ?? new Map<string, number>();
    this.#reserved.set(after.nodeId, tasks.set(id, reservedBytes(after)));
  }

  /** N1: an address has one owner. */
  #followAddresses(before: TaskRow | undefined, after: TaskRow | undefined): void {
    for (const key of addressKeys(before)) {
      if (this.#addresses.get(key) === before?.id) this.#addresses.delete(key);
    }
    for (const key of addressKeys(after)) {
      const owner = this.#addresses.get(key);
      if (owner !== undefined) this.#complain('N1', `address ${key} of ${owner} and ${after?.id}`);
      if (after !== undefined) this.#addresses.set(key, after.id);
    }
  }

  /** T3: a slot has at most one task that is to run, two where a service may start the new one first. */
  #followSlot(before: TaskRow | undefined, after: TaskRow | undefined): void {
    const task = after ?? before;
    if (task === undefined) return;
    const key = `${task.serviceId}/${task.slot === 0 ? task.nodeId : task.slot}`;
    const tasks = this.#wanted.get(key) ?? new Set<string>();
    this.#wanted.set(key, tasks);
    if (after?.desiredState === TaskState.running) tasks.add(task.id);
    else tasks.delete(task.id);
    if (tasks.size > 1) this.#crowded.add(key);
    if (tasks.size === 0) this.#wanted.delete(key);
  }

  /** Called when all events of one set were noted: what it did to a slot it did at once. */
  endOfSet(): void {
    for (const key of this.#crowded) {
      const size = this.#wanted.get(key)?.size ?? 0;
      const most = this.#maySpareTwo(key.split('/')[0] ?? '') ? 2 : 1;
      if (size > most) this.#complain('T3', `slot ${key} has ${size} tasks that are to run`);
    }
    this.#crowded.clear();
  }
}

function reservedBytes(task: TaskRow): number {
  return task.revision.spec.task?.reservations?.memoryBytes ?? 0;
}

function ingressPorts(service: ServiceRow | undefined): string[] {
  const ports = service?.endpoint?.ports ?? [];
  return ports
    .filter((port) => port.publishMode === PublishMode.ingress)
    .map((port) => `${port.publishedPort}/${port.protocol}`);
}

/** Of a task that may run: one that is over shows what it had, and somebody else may have it. */
function addressKeys(task: TaskRow | undefined): string[] {
  if (task === undefined || isOver(task)) return [];
  return task.addresses.map(({ networkId, address }) => `${networkId} ${address}`);
}
