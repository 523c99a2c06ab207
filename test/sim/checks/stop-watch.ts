import type { StoreEvent } from '../../../manager/store/events.ts';
import type { TaskRow } from '../../../manager/store/rows.ts';
import { Table, TaskState } from '../../../proto/gen/objects.ts';
import { taskIdOf } from '../container-hosts.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';

/**
 * T10: nobody stops what is to run. A container of a task that is wanted and runs, as the newest state that any manager ever applied has it, is
 * touched only where it is unwell: not because a node was told something old.
 */
export class StopWatch {
  readonly #world: World;
  readonly #tasks = new Map<string, TaskRow>();

  constructor(world: World) {
    this.#world = world;
  }

  note({ table, key, after }: StoreEvent): void {
    if (table !== Table.tasks) return;
    if (after === undefined) this.#tasks.delete(key);
    else this.#tasks.set(key, after as TaskRow);
  }

  /** The engine of `node` is about to stop or remove a container. */
  asked(node: SimNode, call: string, container: string): void {
    const found = node.engine
      .containers()
      .find(({ id, name }) => id === container || name === container);
    if (found?.status !== 'running' || found.health === 'unhealthy') return;
    const task = this.#tasks.get(taskIdOf(found));
    if (task?.desiredState !== TaskState.running) return;
    if (task.reportedState !== TaskState.running || task.nodeId !== node.nodeId) return;
    this.#world.fail('T10', `${call} of ${found.name} on ${node.name}, which is to run`);
  }
}
