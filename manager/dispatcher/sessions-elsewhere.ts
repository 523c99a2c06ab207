import type { NodeId } from '../../common/pure/ids.ts';

/** Another manager, as one stream of it says what its nodes do. */
export interface ObservedManager {
  readonly managerId: string;
}

/** Which nodes have sessions with which other managers, as those say it. More than one may say so while a node moves. */
export class SessionsElsewhere {
  readonly #managers = new Map<NodeId, Set<ObservedManager>>();
  readonly #watchers = new Set<(nodeId: NodeId) => void>();

  has(nodeId: NodeId): boolean {
    return this.#managers.has(nodeId);
  }

  /** Node id of the manager that was the last to say that it has a session of the node. */
  managerOf(nodeId: NodeId): string | undefined {
    return [...(this.#managers.get(nodeId) ?? [])].at(-1)?.managerId;
  }

  add(nodeId: NodeId, manager: ObservedManager): void {
    const managers = this.#managers.get(nodeId) ?? new Set();
    managers.add(manager);
    this.#managers.set(nodeId, managers);
    this.#tell(nodeId);
  }

  delete(nodeId: NodeId, manager: ObservedManager): void {
    const managers = this.#managers.get(nodeId);
    if (managers?.delete(manager) !== true) return;
    if (managers.size === 0) this.#managers.delete(nodeId);
    this.#tell(nodeId);
  }

  /** Calls `handler`, which must not throw, after the answer for a node may have changed; the result ends it. */
  watch(handler: (nodeId: NodeId) => void): () => void {
    this.#watchers.add(handler);
    return () => {
      this.#watchers.delete(handler);
    };
  }

  #tell(nodeId: NodeId): void {
    for (const watcher of this.#watchers) watcher(nodeId);
  }
}
