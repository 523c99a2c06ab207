import type { NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import { Table } from '../../proto/gen/objects.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../store/rows.ts';
import type { StoreEvent } from '../store/events.ts';
import { concernsNode } from './assignment.ts';
import { servesTraffic } from './endpoint-set.ts';

/** What may have changed for one node since it was last told: names only, so a slow reader costs no more than the node's size. */
export class NodeFeed {
  readonly nodeId: NodeId;
  readonly tasks: DirtySet<TaskId> = new DirtySet();
  readonly services: DirtySet<ServiceId> = new DirtySet();
  readonly node: DirtySet<NodeId> = new DirtySet();

  constructor(nodeId: NodeId) {
    this.nodeId = nodeId;
  }

  /** Notes what `event` means to this node. */
  note(event: StoreEvent): void {
    switch (event.table) {
      case Table.tasks:
        this.#noteTask(event.before as TaskRow | undefined, event.after as TaskRow | undefined);
        break;
      case Table.services:
        this.#noteService(
          event.before as ServiceRow | undefined,
          event.after as ServiceRow | undefined,
        );
        break;
      case Table.nodes:
        if (event.key === this.nodeId)
          this.node.add((event.after as NodeRow | undefined)?.id ?? this.nodeId);
        break;
      default:
        break;
    }
  }

  #noteTask(before: TaskRow | undefined, after: TaskRow | undefined): void {
    const task = after ?? before;
    if (task === undefined) return;
    const mine = before?.nodeId === this.nodeId || after?.nodeId === this.nodeId;
    if (mine && (before === undefined || after === undefined || concernsNode(before, after)))
      this.tasks.add(task.id);
    const served = before !== undefined && servesTraffic(before);
    if (served || (after !== undefined && servesTraffic(after))) this.services.add(task.serviceId);
  }

  #noteService(before: ServiceRow | undefined, after: ServiceRow | undefined): void {
    const service = after ?? before;
    if (service !== undefined && before?.endpoint !== after?.endpoint)
      this.services.add(service.id);
  }
}

/** A set of names that one reader waits for. */
export class DirtySet<Key> {
  readonly #keys = new Set<Key>();
  #wake: (() => void) | undefined;

  add(key: Key): void {
    this.#keys.add(key);
    this.#wake?.();
  }

  /** Takes everything noted so far. */
  take(): Key[] {
    const keys = [...this.#keys];
    this.#keys.clear();
    return keys;
  }

  /** Resolves when something is noted, or `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (this.#keys.size > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
