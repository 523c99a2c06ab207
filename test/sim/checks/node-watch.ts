import type { StoreEvent } from '../../../manager/store/events.ts';
import type { NodeRow } from '../../../manager/store/rows.ts';
import { NodeState, Table } from '../../../proto/gen/objects.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';

/** How long a node must have been well, and the network too, for nobody to have a reason to take it for gone, virtual milliseconds. */
const wellMs = 30_000;
/** How often is looked, virtual milliseconds. */
const lookMs = 200;
/** Longest mean delay of messages with which heartbeats come in time. */
const quickMs = 5;

/**
 * R12: who leads is no news to a node. One that lives, and could be reached all the time, is not marked down, whatever managers died meanwhile; so
 * nothing that runs there is moved.
 */
export class NodeWatch {
  readonly #world: World;
  /** Last time when the network, or some process, stood still. */
  #troubledMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Looks until the world ends. */
  async run(): Promise<void> {
    for (;;) {
      if (this.#isTroubled()) this.#troubledMs = this.#world.clock.nowMs();
      await this.#world.sleep(lookMs);
    }
  }

  note({ table, key, before, after }: StoreEvent): void {
    if (table !== Table.nodes || !isReady(before) || !isDown(after)) return;
    const { nodes, clock, seen } = this.#world;
    seen.add('node marked down');
    const node = nodes.find(({ nodeId }) => nodeId === key);
    const nowMs = clock.nowMs();
    if (node?.daemon === undefined || nowMs - node.bootedAtMs < wellMs) return;
    if (nowMs - this.#troubledMs < wellMs) return;
    this.#world.fail('R12', `${node.name} was taken for gone, and was there all the time`);
  }

  #isTroubled(): boolean {
    const { options, nodes, ways } = this.#world;
    const isSlow = options.linkMs > quickMs || options.linkBreaks > 0;
    return isSlow || !ways.isWhole || nodes.some(isStill);
  }
}

function isStill({ daemon, link }: SimNode): boolean {
  return link.isCut || daemon?.life.isPaused === true;
}

function isReady(row: StoreEvent['after']): boolean {
  return (row as NodeRow | undefined)?.status.state === NodeState.nodeReady;
}

function isDown(row: StoreEvent['after']): boolean {
  return (row as NodeRow | undefined)?.status.state === NodeState.nodeDown;
}
