import { TaskGroup } from '../../common/run/task-group.ts';
import { Leadership } from './leadership.ts';
import type { LoopPorts } from './ports.ts';

/**
 * The one loop that runs every decider while this manager leads: level-triggered, keyed, each key once, with a slow pass
 * over everything. It decides on a pending view and proposes without waiting.
 */
export class ControlLoop {
  readonly #ports: LoopPorts;

  constructor(ports: LoopPorts) {
    this.#ports = ports;
  }

  /**
   * Runs the controllers of one leadership until `signal` aborts, then resolves; what is in flight is left to the fence
   * of its term. Nothing of an earlier leadership is known here: all is read from the store.
   * @throws what a decider throws: a bug.
   */
  async lead(term: number, signal: AbortSignal): Promise<void> {
    await using group = new TaskGroup(signal);
    const leadership = new Leadership(this.#ports, { term, group });
    try {
      group.spawn('control loop', (inner) => leadership.run(inner));
      await group.settle();
    } finally {
      leadership.close();
    }
  }
}
