import { seededRandom, type Random } from '../../common/pure/random.ts';
import { Admin } from './admin.ts';
import { diskFaults } from './faults/disk.ts';
import { engineFaults } from './faults/engine.ts';
import { noEnd, type Begin, type End } from './faults/fault.ts';
import { machineFaults } from './faults/machine.ts';
import { managerFaults } from './faults/managers.ts';
import { intrude } from './intruder.ts';
import { oneOf, type FaultKind } from './options.ts';
import type { Fault } from './plan.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** Mean delay of a message while nothing is wrong, at most, virtual milliseconds. */
const calmLinkMs = 5;

/** Brings the faults of a plan into a world, one after the other and over each other, and takes all of them back in the end. */
export class Nemesis {
  readonly #world: World;
  readonly #faults: readonly Fault[];
  readonly #ends = new Set<End>();
  readonly #admin: Admin;
  readonly #begins: Readonly<Record<FaultKind, Begin>>;
  #isOver = false;
  /** When the last fault ended; undefined while some last. */
  #calmSinceMs: number | undefined = 0;

  constructor(world: World, faults: readonly Fault[]) {
    this.#world = world;
    this.#faults = faults;
    this.#admin = new Admin(world);
    this.#begins = {
      ...machineFaults(world),
      ...engineFaults(world),
      ...diskFaults(world),
      ...managerFaults(world, this.#admin),
      drain: (node, random) => this.#drain(node, random),
      intruder: (_, random) => {
        world.spawn('intruder', () => intrude(world, random));
        return noEnd;
      },
    };
  }

  /** How long nothing was wrong, virtual milliseconds. */
  get calmMs(): number {
    return this.#calmSinceMs === undefined ? 0 : this.#world.clock.nowMs() - this.#calmSinceMs;
  }

  /** Begins each fault at its time, counted from `startMs`, until `untilMs`. */
  async run(startMs: number, untilMs: number): Promise<void> {
    const { clock } = this.#world;
    for (const fault of this.#faults) {
      const waitMs = startMs + fault.atMs - clock.nowMs();
      if (waitMs > 0) await this.#world.sleep(waitMs);
      if (this.#isOver || clock.nowMs() >= untilMs) return;
      this.#begin(fault);
    }
  }

  /** Ends every fault and lets everything run that is to run. */
  heal(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
    for (const node of this.#world.nodes) {
      node.killAt = undefined;
      node.engine.setFaults({ refusedCalls: 0, lostAnswers: 0 });
      node.link.rates = { delayMs: Math.min(this.#world.options.linkMs, calmLinkMs), breaks: 0 };
      node.link.heal();
      if (!node.isOn) this.#world.spawn('power', () => this.#world.restorePower(node));
      else this.#world.ensureUp(node);
    }
    this.#world.ways.freed();
    this.#world.peers.calm(calmLinkMs);
    this.#calmSinceMs = this.#world.clock.nowMs();
  }

  #begin({ id, kind, lastsMs, pick, ...fault }: Fault): void {
    const { nodes, trace } = this.#world;
    const at = nodes[fault.node % nodes.length];
    const node = isOfManager(kind) ? this.#aManager(fault.node) : at;
    if (node === undefined) return;
    const end = this.#begins[kind](node, seededRandom(pick));
    if (end === undefined) return;
    this.#world.seen.add(`fault ${kind}`);
    this.#world.count(`fault ${kind}`);
    trace.add(node.name, `fault ${id} ${kind}`);
    const once = (): void => {
      if (!this.#ends.delete(once)) return;
      trace.add(node.name, `fault ${id} ${kind} ends`);
      end();
      if (this.#ends.size === 0) this.#calmSinceMs = this.#world.clock.nowMs();
    };
    this.#ends.add(once);
    this.#calmSinceMs = undefined;
    this.#world.spawn('fault', async () => {
      await this.#world.sleep(lastsMs);
      once();
    });
  }

  /** The leader, two times of three. */
  #aManager(number: number): SimNode | undefined {
    const world = this.#world;
    const managers = world.nodes.filter((node) => world.isManager(node));
    const one = managers[number % managers.length];
    return number % 3 === 0 ? one : (world.leader ?? one);
  }

  /** Some node must be left to run things on in the end: the first one. */
  #drain(node: SimNode, random: Random): End {
    const availability = oneOf(random, ['drain', 'drain', 'pause'] as const);
    this.#world.spawn('drain', async () => {
      await this.#admin.change(node, { Availability: availability });
    });
    const staysSo = node.index > 0 && random.below(4) === 0;
    return () => {
      if (staysSo) return;
      this.#world.spawn('activate', () => this.#admin.insist(node, { Availability: 'active' }));
    };
  }
}

const managerKinds: ReadonlySet<FaultKind> = new Set([
  'managerKill',
  'managerPowerCut',
  'managerPause',
  'mainStall',
  'gracefulStop',
  'logLost',
  'peerCut',
  'demote',
]);

function isOfManager(kind: FaultKind): boolean {
  return managerKinds.has(kind);
}
