import type { Random } from '../../common/pure/random.ts';
import { HttpClient } from './http-client.ts';
import { oneOf, type FaultKind } from './options.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** Ends a fault; called once. */
type End = () => void;

/** What has to be there for a fault to make sense. */
type Begin = (node: SimNode) => End | undefined;

const noEnd: End = () => undefined;
/** Mean delay of a message while nothing is wrong, at most, virtual milliseconds. */
const calmLinkMs = 5;
const hourMs = 3_600_000;

/** Brings faults into a world, one after the other and over each other, and takes all of them back in the end. */
export class Nemesis {
  readonly #world: World;
  readonly #random: Random;
  readonly #ends = new Set<End>();
  readonly #admin: HttpClient;
  readonly #begins: Readonly<Record<FaultKind, Begin>>;
  #isOver = false;
  /** When the last fault ended; undefined while some last. */
  #calmSinceMs: number | undefined = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('nemesis');
    this.#admin = new HttpClient(world, 'admin');
    this.#begins = this.#makeBegins();
  }

  /** How long nothing was wrong, virtual milliseconds. */
  get calmMs(): number {
    return this.#calmSinceMs === undefined ? 0 : this.#world.clock.nowMs() - this.#calmSinceMs;
  }

  async run(untilMs: number): Promise<void> {
    const { faults, faultEveryMs } = this.#world.options;
    while (faults.length > 0) {
      await this.#world.sleep(-Math.log(1 - this.#random.unit()) * faultEveryMs);
      if (this.#isOver || this.#world.clock.nowMs() >= untilMs) return;
      this.#begin(oneOf(this.#random, faults));
    }
  }

  /** Ends every fault and lets everything run that is to run. */
  heal(): void {
    this.#isOver = true;
    for (const end of this.#ends) end();
    for (const node of this.#world.nodes) {
      node.engine.setFaults({ refusedCalls: 0, lostAnswers: 0 });
      node.link.setRates({ delayMs: Math.min(this.#world.options.linkMs, calmLinkMs), breaks: 0 });
      node.link.heal();
      if (!node.isOn) this.#world.spawn('power', () => this.#world.restorePower(node));
      else this.#ensureUp(node);
    }
    this.#calmSinceMs = this.#world.clock.nowMs();
  }

  #begin(kind: FaultKind): void {
    const { nodes, trace, options } = this.#world;
    const node = isOfManager(kind) ? this.#world.managerNode : oneOf(this.#random, nodes);
    const end = this.#begins[kind](node);
    if (end === undefined) return;
    this.#world.seen.add(`fault ${kind}`);
    trace.add(node.name, `fault ${kind}`);
    const once = (): void => {
      if (!this.#ends.delete(once)) return;
      trace.add(node.name, `fault ${kind} ends`);
      end();
      if (this.#ends.size === 0) this.#calmSinceMs = this.#world.clock.nowMs();
    };
    this.#ends.add(once);
    this.#calmSinceMs = undefined;
    const lastsMs = -Math.log(1 - this.#random.unit()) * options.faultMs;
    this.#world.spawn('fault', async () => {
      await this.#world.sleep(lastsMs);
      once();
    });
  }

  #makeBegins(): Readonly<Record<FaultKind, Begin>> {
    const kill: Begin = (node) => this.#kill(node);
    const powerCut: Begin = (node) => this.#cutPower(node);
    return {
      daemonKill: (node) => (node.index === 0 ? undefined : this.#kill(node)),
      managerKill: kill,
      powerCut: (node) => (node.index === 0 ? undefined : this.#cutPower(node)),
      managerPowerCut: powerCut,
      cut: (node) => this.#cut(node, 'both'),
      cutOneWay: (node) => this.#cut(node, this.#random.below(2) === 0 ? 'up' : 'down'),
      pause: (node) => this.#pause(node),
      containerExit: (node) => this.#exitContainer(node),
      engineRestart: (node) => this.#stopEngine(node, false),
      engineLiveRestart: (node) => this.#stopEngine(node, true),
      engineHang: (node) => this.#hangEngine(node),
      eventGap: (node) => {
        node.engine.breakEvents();
        return noEnd;
      },
      proxyKill: (node) => this.#killProxy(node),
      clockJump: (node) => {
        node.skewMs += (this.#random.unit() * 2 - 1) * hourMs;
        return noEnd;
      },
      diskFailure: (node) => this.#failDisk(node),
      drain: (node) => this.#drain(node),
    };
  }

  #ensureUp(node: SimNode): void {
    if (!node.isOn || node.daemon !== undefined) return;
    this.#world.spawn('boot', () => this.#world.boot(node));
  }

  #kill(node: SimNode): End | undefined {
    if (node.daemon === undefined) return undefined;
    this.#world.kill(node);
    return () => {
      this.#ensureUp(node);
    };
  }

  #cutPower(node: SimNode): End | undefined {
    if (!node.isOn) return undefined;
    this.#world.losePower(node);
    return () => {
      if (!node.isOn) this.#world.spawn('power', () => this.#world.restorePower(node));
    };
  }

  #cut(node: SimNode, direction: 'up' | 'down' | 'both'): End {
    node.link.cut(direction);
    return () => {
      node.link.heal();
    };
  }

  #pause(node: SimNode): End | undefined {
    const { daemon } = node;
    if (daemon === undefined || daemon.life.isPaused) return undefined;
    daemon.life.pause();
    return () => {
      daemon.life.resume();
    };
  }

  #exitContainer(node: SimNode): End | undefined {
    const running = node.engine.containers().filter(({ status }) => status === 'running');
    if (running.length === 0) return undefined;
    const { id } = oneOf(this.#random, running);
    node.engine.exitContainer(id, this.#random.below(3), this.#random.below(4) === 0);
    return noEnd;
  }

  #stopEngine(node: SimNode, containersSurvive: boolean): End | undefined {
    if (!node.isEngineUp) return undefined;
    node.isEngineUp = false;
    node.engine.stop(containersSurvive);
    return () => {
      this.#startEngine(node);
    };
  }

  #hangEngine(node: SimNode): End | undefined {
    if (!node.isEngineUp) return undefined;
    node.isEngineUp = false;
    node.engine.hang();
    return () => {
      this.#startEngine(node);
    };
  }

  #startEngine(node: SimNode): void {
    if (!node.isOn || node.isEngineUp) return;
    node.isEngineUp = true;
    node.engine.start();
  }

  #killProxy(node: SimNode): End | undefined {
    if (node.proxy.proxy === undefined) return undefined;
    this.#world.spawn('proxy kill', () => node.proxy.kill());
    return noEnd;
  }

  #failDisk(node: SimNode): End {
    const operations = ['write', 'rename', 'syncDirectory', 'sync'] as const;
    const operation = oneOf(this.#random, operations);
    node.disk.failOn({ operation, nth: 1 + this.#random.below(5) });
    return noEnd;
  }

  /** Nodes other than the manager's: some node must be left to run things on. */
  #drain(node: SimNode): End | undefined {
    if (node.index === 0) return undefined;
    const availability = oneOf(this.#random, ['drain', 'drain', 'pause']);
    this.#world.spawn('drain', () => this.#setAvailability(node, availability));
    const staysSo = this.#random.below(4) === 0;
    return () => {
      if (!staysSo) this.#world.spawn('activate', () => this.#setAvailability(node, 'active'));
    };
  }

  async #setAvailability(node: SimNode, availability: string): Promise<void> {
    const got = await this.#admin.ask('GET', `/nodes/${node.nodeId}`);
    if (got?.status !== 200) return;
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
  }
}

function isOfManager(kind: FaultKind): boolean {
  return kind === 'managerKill' || kind === 'managerPowerCut';
}
