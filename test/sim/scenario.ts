import type { ServiceRow, TaskRow } from '../../manager/store/rows.ts';
import { servesTraffic } from '../../manager/dispatcher/endpoint-set.ts';
import { stateHash } from '../../manager/store/snapshot.ts';
import { findUnsettled, hasBadTask } from './checks/final.ts';
import { CliClient } from './cli-client.ts';
import { Nemesis } from './nemesis.ts';
import { oneOf } from './options.ts';
import type { Plan } from './plan.ts';
import type { SimNode } from './sim-node.ts';
import { Visitor } from './visitor.ts';
import type { World } from './world.ts';

/** How long a cluster in which nothing goes wrong any more may take to converge, virtual milliseconds. */
export const convergenceMsDefault = 600_000;
/** How long it has to stay so. */
const stableMs = 5000;
/** How long a task that must not get connections any more may still get some while nothing is wrong, virtual milliseconds. */
const staleMs = 15_000;
/** Connections to each published port of each node in the end. */
const finalVisits = 3;

/** Traffic and faults, then quiet: the life of one world. */
export class Scenario {
  readonly nemesis: Nemesis;
  isOver = false;
  readonly #world: World;
  readonly #clients: readonly CliClient[];
  readonly #visitor: Visitor;
  readonly #convergenceMs: number;
  /** When a task was first seen to answer though it is no endpoint any more. */
  readonly #stale = new Map<string, number>();

  constructor(world: World, plan: Plan, convergenceMs: number) {
    this.#world = world;
    this.#convergenceMs = convergenceMs;
    this.nemesis = new Nemesis(world, plan.faults);
    this.#visitor = new Visitor(world);
    const { clients } = world.options;
    this.#clients = Array.from({ length: clients }, (_, index) => {
      const operations = plan.operations.filter(({ client }) => client === index);
      return new CliClient(world, index, operations);
    });
  }

  async run(): Promise<void> {
    const world = this.#world;
    await world.found();
    const startMs = world.clock.nowMs();
    const untilMs = startMs + world.options.chaosMs;
    world.spawn('nemesis', () => this.nemesis.run(startMs, untilMs));
    world.spawn('visitor', () => this.#visitAtTimes());
    await Promise.all(this.#clients.map((client) => client.run(startMs, untilMs)));
    world.trace.add('world', 'heals');
    this.nemesis.heal();
    if (await this.#converge()) await this.#lastLook();
    this.isOver = true;
  }

  async #converge(): Promise<boolean> {
    const world = this.#world;
    const deadlineMs = world.clock.nowMs() + this.#convergenceMs;
    let settledSinceMs: number | undefined;
    let told = '';
    for (;;) {
      const problems = findUnsettled(world);
      const text = problems.slice(0, 3).join('; ');
      if (text !== told) world.trace.add('world', text === '' ? 'is settled' : text);
      told = text;
      const nowMs = world.clock.nowMs();
      if (problems.length > 0) settledSinceMs = undefined;
      else settledSinceMs ??= nowMs;
      if (settledSinceMs !== undefined && nowMs - settledSinceMs >= stableMs) return true;
      if (nowMs > deadlineMs) {
        world.fail('liveness', problems.slice(0, 5).join('; ') || 'never at rest for long');
        return false;
      }
      await world.sleep(500);
    }
  }

  /** What must hold in a cluster at rest beyond what its store says: answers of the API, and where connections end. */
  async #lastLook(): Promise<void> {
    const world = this.#world;
    for (const client of this.#clients) {
      if (!(await client.readAll())) world.fail('L1', 'the API does not answer');
    }
    for (const service of world.manager?.view.services() ?? []) {
      for (const port of portsOf(service)) await this.#visitEverywhere(service, port);
    }
    await this.#visitFreePort();
    this.#compareManagers();
    // What waited for room may have got it meanwhile, from a service whose tasks come and go; then it comes to rest after all.
    if (findUnsettled(world).length > 0) await this.#converge();
  }

  /** R10: managers that are equally far have the same, to the last row. */
  #compareManagers(): void {
    const known = new Map<number, number>();
    for (const { name, daemon } of this.#world.serving) {
      const store = daemon?.manager?.store;
      if (store === undefined) continue;
      const { index } = store.applied;
      const hash = stateHash(store);
      if ((known.get(index) ?? hash) !== hash) {
        this.#world.fail('R10', `${name} has another state at ${index} than others`);
      }
      known.set(index, hash);
    }
  }

  async #visitEverywhere(service: ServiceRow, port: number): Promise<void> {
    for (const node of this.#world.nodes) {
      for (let count = 0; count < finalVisits; count += 1)
        await this.#visitOnce(node, service, port);
    }
  }

  /** Tasks may come and go meanwhile: those of services whose tasks never last. */
  async #visitOnce(node: SimNode, service: ServiceRow, port: number): Promise<void> {
    const world = this.#world;
    const isChanging = hasBadTask(world.manager?.view, service);
    const before = this.#servingTasks(service);
    const visit = await this.#visitor.visit(node.address, port);
    const serving = [...before, ...this.#servingTasks(service)];
    if (visit.kind === 'answered') {
      if (serving.includes(visit.taskId)) world.seen.add('published port answered in the end');
      else world.fail('N2', `port ${port} on ${node.name} leads to task ${visit.taskId}`);
      return;
    }
    const able = this.#servingTasks(service, port).filter((id) => before.includes(id));
    if (able.length === 0 || isChanging) return;
    world.fail('N2', `port ${port} on ${node.name} is ${visit.kind}, with ${able.length} tasks`);
  }

  /** @param port only those whose spec published it: others need not be reachable, as before an update that publishes a first one has come to them. */
  #servingTasks(service: ServiceRow, port?: number): readonly string[] {
    const tasks = this.#world.manager?.view.tasksOfService(service.id) ?? [];
    return tasks
      .filter((task) => servesTraffic(task) && (port === undefined || publishes(task, port)))
      .map(({ id }) => id);
  }

  /** A port that nobody publishes refuses. */
  async #visitFreePort(): Promise<void> {
    const world = this.#world;
    const taken = new Set(world.manager?.view.services().flatMap(portsOf) ?? []);
    for (const port of [8000, 8001, 8002, 8003, 8004, 8005]) {
      if (taken.has(port)) continue;
      for (const node of world.nodes) {
        const visit = await this.#visitor.visit(node.address, port);
        if (visit.kind !== 'refused') world.fail('N2', `${node.name} still has port ${port} open`);
      }
    }
  }

  async #visitAtTimes(): Promise<void> {
    const world = this.#world;
    const random = world.random.fork('visitor');
    while (!this.isOver) {
      await world.sleep(random.unit() * 2000);
      const node = oneOf(random, world.nodes);
      const port = 8000 + random.below(6);
      const visit = await this.#visitor.visit(node.address, port);
      if (visit.kind === 'answered') this.#judge(visit.taskId, port);
    }
  }

  /** N2: connections come to tasks that run and are wanted, or did a moment ago. */
  #judge(taskId: string, port: number): void {
    const world = this.#world;
    const view = world.manager?.view;
    if (view === undefined) return;
    world.seen.add('published port answered');
    const nowMs = world.clock.nowMs();
    const owner = view.services().find((service) => portsOf(service).includes(port));
    const task = view.tasksOfService(owner?.id ?? ('' as never)).find(({ id }) => id === taskId);
    if (task !== undefined && servesTraffic(task)) {
      this.#stale.delete(taskId);
      return;
    }
    world.seen.add('connection to a task that is no endpoint any more');
    const sinceMs = this.#stale.get(taskId) ?? nowMs;
    this.#stale.set(taskId, sinceMs);
    if (nowMs - sinceMs > staleMs && this.nemesis.calmMs > nowMs - sinceMs + staleMs) {
      const state = task === undefined ? 'gone' : `${task.reportedState}/${task.desiredState}`;
      world.fail('N2', `port ${port} leads to task ${taskId}, which is ${state}`);
    }
  }
}

function publishes({ revision }: TaskRow, port: number): boolean {
  const ports = revision.spec.endpoint?.ports ?? [];
  return ports.some(({ publishedPort }) => publishedPort === port);
}

function portsOf(service: ServiceRow): number[] {
  return (service.endpoint?.ports ?? []).map(({ publishedPort }) => publishedPort);
}
