import type { Clock } from '../../common/ports/clock.ts';
import type { LogMessage, LogOptions } from '../../common/ports/cluster-api.ts';
import { limits } from '../../common/pure/limits.ts';
import type { NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import { LogSource, LogVerdict, newLogRead } from '../../proto/gen/logs.ts';
import type { PublishLogsRequest } from '../../proto/gen/logs.ts';
import { NodeState, Table, TaskState } from '../../proto/gen/objects.ts';
import type { StoreEvent } from '../store/events.ts';
import type { TaskRow } from '../store/rows.ts';
import { isPlaced, isTerminal } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { LineQueue } from './line-queue.ts';
import type { LineBatch } from './line-queue.ts';
import type { LogSink } from './log-sink.ts';
import { TaskRead } from './task-read.ts';

/** Whose logs are read. */
export type LogTarget =
  | { readonly kind: 'service'; readonly id: ServiceId }
  | { readonly kind: 'task'; readonly id: TaskId };

export interface LogReaderParts {
  readonly view: () => StoreView;
  readonly clock: Clock;
  readonly newReadId: () => string;
  /** True while the node hears orders. */
  readonly isListening: (nodeId: NodeId) => boolean;
  /** The node is to read this. */
  readonly begin: (read: TaskRead) => void;
  /** The node is not to go on with it. */
  readonly cancel: (read: TaskRead) => void;
  /** The node has ended it, or is given up. */
  readonly forget: (read: TaskRead) => void;
}

/**
 * The logs of a service or a task for one reader: which tasks there are to read, the lines that came, and what is missing.
 *
 * `messages` is iterated once. Between two of its messages nothing is read but what the queue takes.
 */
export class LogReader implements LogSink {
  readonly #parts: LogReaderParts;
  readonly #target: LogTarget;
  readonly #options: LogOptions;
  readonly #reads = new Map<TaskId, TaskRead>();
  /** Tasks that wait for their turn. */
  readonly #waiting = new Set<TaskId>();
  /** Tasks that were read and are still there. */
  readonly #done = new Set<TaskId>();
  /** Tasks of the beginning: `tail` is about their lines. */
  readonly #first = new Set<TaskId>();
  /** Nodes that are away and have not been given up. */
  readonly #awaited = new Set<NodeId>();
  /** Nodes whose absence was told. */
  readonly #missed = new Set<NodeId>();
  readonly #notices: LogMessage[] = [];
  readonly #lines = new LineQueue();
  readonly #changed = new Wakeup();
  #group: TaskGroup | undefined;
  #hasToldOfLimit = false;
  #isFilling = false;

  constructor(parts: LogReaderParts, target: LogTarget, options: LogOptions) {
    this.#parts = parts;
    this.#target = target;
    this.#options = options;
  }

  /** Everything that is read, until there is nothing more or `signal` aborts. */
  async *messages(signal: AbortSignal): AsyncGenerator<readonly LogMessage[], void> {
    await using group = new TaskGroup(signal);
    this.#group = group;
    try {
      this.#begin();
      while (!group.signal.aborted) {
        const batch = this.#lines.take();
        if (this.#notices.length > 0) yield this.#notices.splice(0);
        if (batch !== undefined) yield messagesOf(batch);
        else if (this.#isOver()) return;
        else await this.#changed.wait(group.signal);
      }
    } finally {
      for (const read of this.#reads.values()) this.#parts.cancel(read);
      this.#reads.clear();
      this.#lines.release();
    }
  }

  async publish(
    read: TaskRead,
    request: PublishLogsRequest,
    signal: AbortSignal,
  ): Promise<LogVerdict> {
    const { lines, sequence, end, error } = request;
    if (lines.length === 0 && !end) return await this.#lines.awaitRoom(this.#parts.clock, signal);
    if (!read.hasTaken(sequence)) {
      if (lines.length > 0 && this.#lines.isFull) return LogVerdict.later;
      if (lines.length > 0) this.#lines.push({ read, lines });
      read.take(sequence, lines);
    }
    if (end) this.#end(read, error);
    this.#changed.notify();
    return LogVerdict.accepted;
  }

  /** Something changed in the store. Only who follows has to know. */
  note(event: StoreEvent): void {
    if (event.table === Table.tasks) {
      const task = (event.after ?? event.before) as TaskRow;
      if (!this.#concerns(task)) return;
      if (event.after === undefined) this.#forget(task.id);
      else this.#consider(task);
    } else if (event.table !== Table.services || event.key !== this.#target.id) return;
    this.#changed.notify();
  }

  /** Events were passed over: a snapshot took their place. */
  stateReplaced(): void {
    const view = this.#parts.view();
    for (const taskId of new Set([...this.#waiting, ...this.#done, ...this.#first]))
      if (view.task(taskId) === undefined) this.#forget(taskId);
    for (const task of this.#tasks()) this.#consider(task);
    this.#changed.notify();
  }

  /** The node hears orders again. */
  nodeCame(nodeId: NodeId): void {
    this.#missed.delete(nodeId);
  }

  /** The node is away: it is given up when it stays so. */
  nodeWent(nodeId: NodeId): void {
    if (this.#awaited.has(nodeId) || !this.#isReading(nodeId)) return;
    const status = this.#parts.view().node(nodeId)?.status;
    if (status === undefined || status.state === NodeState.nodeDown) {
      this.#giveUp(nodeId);
      return;
    }
    this.#awaited.add(nodeId);
    this.#group?.spawn('node that is away', async (signal) => {
      await this.#parts.clock.sleep(limits.logNodeMs, signal);
      this.#awaited.delete(nodeId);
      if (!this.#parts.isListening(nodeId)) this.#giveUp(nodeId);
    });
  }

  #begin(): void {
    for (const task of this.#tasks()) {
      if (!hasStarted(task)) continue;
      this.#first.add(task.id);
      this.#waiting.add(task.id);
    }
    this.#fill();
  }

  #tasks(): readonly TaskRow[] {
    const view = this.#parts.view();
    if (this.#target.kind === 'service') return view.tasksOfService(this.#target.id);
    const task = view.task(this.#target.id);
    return task === undefined ? [] : [task];
  }

  #concerns(task: TaskRow): boolean {
    const { kind, id } = this.#target;
    return kind === 'service' ? task.serviceId === id : task.id === id;
  }

  #consider(task: TaskRow): void {
    if (!hasStarted(task) || this.#reads.has(task.id) || this.#done.has(task.id)) return;
    this.#waiting.add(task.id);
    this.#fill();
  }

  #forget(taskId: TaskId): void {
    for (const tasks of [this.#waiting, this.#done, this.#first]) tasks.delete(taskId);
  }

  /** Begins to read what waits, as far as there is room. What ends meanwhile makes room for this very round. */
  #fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    for (const taskId of this.#waiting) {
      const task = this.#parts.view().task(taskId);
      if (task !== undefined && this.#reads.size >= limits.logReads) {
        this.#tellOfLimit(task);
        break;
      }
      this.#waiting.delete(taskId);
      if (task !== undefined) this.#read(task);
    }
    this.#isFilling = false;
  }

  #read(task: TaskRow): void {
    const { id: taskId, serviceId, nodeId } = task;
    const tail = this.#first.has(taskId) ? this.#options.tail : undefined;
    const tty = task.revision.spec.task?.container?.tty === true;
    const { stdout, stderr, follow, since } = this.#options;
    const order = newLogRead({
      taskId,
      tty,
      stdout,
      stderr,
      follow,
      since,
      tail: tail ?? -1,
      sequence: 1,
    });
    const read = new TaskRead({ id: this.#parts.newReadId(), serviceId, nodeId, order });
    this.#reads.set(taskId, read);
    this.#parts.begin(read);
    if (!this.#parts.isListening(nodeId)) this.nodeWent(nodeId);
  }

  /** The others get their turn when one ends; while all are followed that may be never. */
  #tellOfLimit({ id: taskId, serviceId, nodeId }: TaskRow): void {
    if (!this.#options.follow || this.#hasToldOfLimit) return;
    this.#hasToldOfLimit = true;
    const reason = `no more than ${limits.logReads} tasks are followed at once`;
    this.#notice({ kind: 'taskMissing', serviceId, taskId, nodeId, reason });
  }

  #end(read: TaskRead, error: string): void {
    if (this.#reads.get(read.taskId) !== read) return;
    this.#parts.forget(read);
    this.#reads.delete(read.taskId);
    this.#done.add(read.taskId);
    const { serviceId, taskId, nodeId } = read;
    if (error !== '')
      this.#notice({ kind: 'taskMissing', serviceId, taskId, nodeId, reason: error });
    this.#fill();
  }

  #isReading(nodeId: NodeId): boolean {
    return this.#reads.values().some((read) => read.nodeId === nodeId);
  }

  /** Tells of it once; who follows goes on when the node comes back. */
  #giveUp(nodeId: NodeId): void {
    const reads = [...this.#reads.values()].filter((read) => read.nodeId === nodeId);
    const [first] = reads;
    if (first === undefined) return;
    if (!this.#missed.has(nodeId)) {
      this.#missed.add(nodeId);
      const { serviceId, taskId } = first;
      this.#notice({ kind: 'nodeMissing', serviceId, taskId, nodeId });
    }
    if (!this.#options.follow) for (const read of reads) this.#end(read, '');
  }

  #notice(message: LogMessage): void {
    if (this.#notices.length < limits.logNotices) this.#notices.push(message);
    this.#changed.notify();
  }

  /** Nothing is being read, and nothing can come. */
  #isOver(): boolean {
    if (this.#reads.size > 0 || this.#waiting.size > 0) return false;
    if (!this.#options.follow) return true;
    const { kind, id } = this.#target;
    const isThere = kind === 'service' && this.#parts.view().service(id) !== undefined;
    return !isThere && this.#tasks().every(isTerminal);
  }
}

/** A task that has not come so far has no output. */
function hasStarted(task: TaskRow): boolean {
  return isPlaced(task) && task.reportedState >= TaskState.starting;
}

function messagesOf({ read, lines }: LineBatch): readonly LogMessage[] {
  const { serviceId, taskId, nodeId } = read;
  return lines.map(({ source, timestamp, details, text }) => ({
    kind: 'line',
    serviceId,
    taskId,
    nodeId,
    source: source === LogSource.stderr ? 'stderr' : 'stdout',
    timestamp,
    details,
    text,
  }));
}
