import type { NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import { Table } from '../../proto/gen/objects.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { StoreEvent } from '../store/events.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../store/rows.ts';
import { concernsNode } from './assignment.ts';
import { servesTraffic } from './endpoint-set.ts';

/**
 * What may have changed for one stream since it was last told: names only, each once, so a slow reader costs no more than there are rows.
 *
 * One stream reads one feed.
 */
export class Feed<Key> {
  readonly #nameOf: (event: StoreEvent) => Key | undefined;
  readonly #names = new Set<Key>();
  readonly #noted = new Wakeup();

  /** @param nameOf what an event means to the stream; undefined when nothing. */
  constructor(nameOf: (event: StoreEvent) => Key | undefined) {
    this.#nameOf = nameOf;
  }

  note(event: StoreEvent): void {
    const name = this.#nameOf(event);
    if (name !== undefined) this.add(name);
  }

  /** Has the stream look at something again. */
  add(name: Key): void {
    this.#names.add(name);
    this.#noted.notify();
  }

  /** Takes everything noted so far. */
  take(): Key[] {
    const names = [...this.#names];
    this.#names.clear();
    return names;
  }

  /** Resolves when something is noted, or `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    while (this.#names.size === 0 && !signal.aborted) await this.#noted.wait(signal);
  }
}

/** The tasks of a node, as far as others than the node change them. */
export function taskFeed(nodeId: NodeId): Feed<TaskId> {
  return new Feed((event) => {
    if (event.table !== Table.tasks) return undefined;
    const before = event.before as TaskRow | undefined;
    const after = event.after as TaskRow | undefined;
    if (before?.nodeId !== nodeId && after?.nodeId !== nodeId) return undefined;
    const isNews = before === undefined || after === undefined || concernsNode(before, after);
    return isNews ? (after ?? before)?.id : undefined;
  });
}

/** Services whose ports or endpoints changed. */
export function endpointFeed(): Feed<ServiceId> {
  return new Feed((event) => {
    if (event.table === Table.services) {
      const before = event.before as ServiceRow | undefined;
      const after = event.after as ServiceRow | undefined;
      return before?.endpoint === after?.endpoint ? undefined : (after ?? before)?.id;
    }
    if (event.table !== Table.tasks) return undefined;
    const before = serving(event.before as TaskRow | undefined);
    const after = serving(event.after as TaskRow | undefined);
    const isSame = before?.addresses === after?.addresses && before?.nodeId === after?.nodeId;
    return isSame ? undefined : (after ?? before)?.serviceId;
  });
}

function serving(task: TaskRow | undefined): TaskRow | undefined {
  return task !== undefined && servesTraffic(task) ? task : undefined;
}

/** One node's own row, and where managers are: every node is told of both. */
export function nodeFeed(nodeId: NodeId): Feed<NodeId> {
  return new Feed((event) => {
    if (event.table !== Table.nodes) return undefined;
    const before = placeOf(event.before as NodeRow | undefined);
    const after = placeOf(event.after as NodeRow | undefined);
    return event.key === nodeId || before !== after ? nodeId : undefined;
  });
}

/** What the address book says of a manager; undefined of all others. */
function placeOf(row: NodeRow | undefined): string | undefined {
  if (row?.lifecycle.role !== NodeRole.manager) return undefined;
  return `${row.id} ${row.lifecycle.managerAddress} ${row.lifecycle.raftId}`;
}
