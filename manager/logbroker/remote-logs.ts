import type { Clock } from '../../common/ports/clock.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import type { TaskGroup } from '../../common/run/task-group.ts';
import type { LogSink } from './log-sink.ts';
import type { LogManagers } from './port.ts';
import { RemoteStream } from './remote-stream.ts';
import type { TaskRead } from './task-read.ts';

export interface RemoteLogsParts {
  readonly managers: LogManagers;
  readonly clock: Clock;
  readonly sink: LogSink;
  /** What the reader runs in. */
  readonly group: TaskGroup;
}

/** The logs that one reader has through other managers: each read goes through one at most, that which has its node. */
export class RemoteLogs {
  readonly #parts: RemoteLogsParts;
  readonly #streams = new Map<string, RemoteStream>();
  readonly #ways = new Map<TaskRead, RemoteStream>();

  constructor(parts: RemoteLogsParts) {
    this.#parts = parts;
  }

  /** True while this is the way of the read. */
  has(read: TaskRead): boolean {
    return this.#ways.has(read);
  }

  /** True while the node hears orders of another manager. */
  isListening(nodeId: NodeId): boolean {
    return this.#streams.values().some((stream) => stream.isListening(nodeId));
  }

  /** The read goes through the manager that has its node now, or through none. */
  route(read: TaskRead): void {
    const managerId = this.#parts.managers.managerOf(read.nodeId);
    const stream = managerId === undefined ? undefined : this.#streamOf(managerId);
    const before = this.#ways.get(read);
    if (stream === before) return;
    this.stop(read);
    if (stream !== undefined) {
      this.#ways.set(read, stream);
      stream.start(read);
    }
    // Only now: who is told may end the read.
    if (before !== undefined) this.#parts.sink.nodeWent(read.nodeId);
  }

  stop(read: TaskRead): void {
    this.#ways.get(read)?.stop(read);
    this.#ways.delete(read);
  }

  #streamOf(managerId: string): RemoteStream {
    const { managers, clock, sink, group } = this.#parts;
    const known = this.#streams.get(managerId);
    if (known !== undefined) return known;
    const channel = (): ReturnType<LogManagers['channelTo']> => managers.channelTo(managerId);
    const stream = new RemoteStream({ channel, clock, sink });
    this.#streams.set(managerId, stream);
    group.spawn('logs of another manager', (signal) => stream.run(signal));
    return stream;
  }
}
