import { seededRandom, type Random } from '../../common/pure/random.ts';
import { diskFaults } from './faults/disk.ts';
import { engineFaults } from './faults/engine.ts';
import { noEnd, type Begin, type End } from './faults/fault.ts';
import { machineFaults } from './faults/machine.ts';
import { intrude } from './intruder.ts';
import { HttpClient } from './http-client.ts';
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
  readonly #admin: HttpClient;
  readonly #begins: Readonly<Record<FaultKind, Begin>>;
  #isOver = false;
  /** When the last fault ended; undefined while some last. */
  #calmSinceMs: number | undefined = 0;

  constructor(world: World, faults: readonly Fault[]) {
    this.#world = world;
    this.#faults = faults;
    this.#admin = new HttpClient(world, 'admin');
    this.#begins = {
      ...machineFaults(world),
      ...engineFaults(world),
      ...diskFaults(world),
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

  /** Some node must be left to run things on in the end: the manager's. */
  #drain(node: SimNode, random: Random): End {
    const availability = oneOf(random, ['drain', 'drain', 'pause']);
    this.#world.spawn('drain', async () => {
      await this.#setAvailability(node, availability);
    });
    const staysSo = node.index > 0 && random.below(4) === 0;
    return () => {
      if (!staysSo) this.#world.spawn('activate', () => this.#activate(node));
    };
  }

  /** Tries again until it was heard: what stays drained by a lost answer is nobody's fault. */
  async #activate(node: SimNode): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      if (await this.#setAvailability(node, 'active')) return;
      await this.#world.sleep(1000);
    }
  }

  async #setAvailability(node: SimNode, availability: string): Promise<boolean> {
    const got = await this.#admin.ask('GET', `/nodes/${node.nodeId}`);
    if (got?.status !== 200) return false;
    const { Version: version, Spec: spec } = got.json as {
      readonly Version: { readonly Index: number };
      readonly Spec: object;
    };
    const target = `/nodes/${node.nodeId}/update?version=${version.Index}`;
    const answer = await this.#admin.ask('POST', target, { ...spec, Availability: availability });
    this.#world.trace.add(
      'admin',
      `${node.name} ${availability}: ${answer?.status ?? 'no answer'}`,
    );
    return answer?.status === 200;
  }
}

function isOfManager(kind: FaultKind): boolean {
  return kind === 'managerKill' || kind === 'managerPowerCut';
}
