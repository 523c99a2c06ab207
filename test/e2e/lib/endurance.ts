import { expect } from 'vitest';

import type { Host } from '../../integration/testbed/host.ts';
import type { Swarm } from '../../integration/testbed/swarm.ts';
import type { Testbed } from '../../integration/testbed/testbed.ts';
import { eventually } from './shoal-node.ts';
import { Writer } from './writer.ts';

/** Writes that must come through while something is wrong. */
const writesDuringFault = 6;
const allRunLimitMs = 60_000;
/** A node whose daemon is gone is waited for 3 s; its session is there a moment after its API. */
const nodeGraceMs = 2_000;

/** Whose daemons were gone, and for how long. */
interface Away {
  readonly hosts: readonly Host[];
  readonly durationMs: number;
}

/** A swarm with a service, and a client outside that writes and keeps its own record: what both must look like whatever is done to managers. */
export class Endurance {
  readonly swarm: Swarm;
  readonly writer: Writer;
  readonly #bed: Testbed;
  readonly #replicas: number;
  readonly #all: string;

  /** @param replicas of the service `web`. */
  constructor(bed: Testbed, swarm: Swarm, replicas: number) {
    this.#bed = bed;
    this.swarm = swarm;
    this.#replicas = replicas;
    this.#all = `${String(replicas)}/${String(replicas)}`;
    this.writer = new Writer(swarm, bed.image);
  }

  /** Creates the service `web` through `via`, with `flags`, and waits until all of it runs. */
  async createWeb(via: Host, ...flags: readonly string[]): Promise<void> {
    const count = ['--replicas', String(this.#replicas)];
    const create = ['service', 'create', '--detach', '--name', 'web', ...count];
    await this.swarm.must(via, ...create, ...flags, this.#bed.image);
    await this.untilAllRun(via);
  }

  /** Such as `3/4`. */
  async replicas(via: Host): Promise<string> {
    const format = ['--format', '{{.Replicas}}', '--filter', 'name=web'];
    return await this.swarm.must(via, 'service', 'ls', ...format);
  }

  /**
   * Waits until every slot has a task that is wanted and runs. (`replicas` counts what nobody heard of again too, as swarm mode does.)
   * @throws with what `service ps` says when that takes too long
   */
  async untilAllRun(via: Host): Promise<void> {
    const show = async (...more: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await this.swarm.docker(via, 'service', 'ps', 'web', ...more);
      return stdout + stderr;
    };
    const look = async (): Promise<true | undefined> => {
      const wanted = ['--filter', 'desired-state=running', '--format', '{{.CurrentState}}'];
      const states = (await show(...wanted)).split('\n');
      const areRunning = states.every((state) => state.startsWith('Running'));
      return areRunning && states.length === this.#replicas ? true : undefined;
    };
    try {
      await eventually('all replicas run', look, allRunLimitMs);
    } catch (cause) {
      throw new Error(`not all replicas run:\n${await show('--no-trunc')}`, { cause });
    }
  }

  /** Containers that run, on any host or on these: which, and since when. */
  async running(hosts: readonly Host[] = this.#bed.hosts): Promise<readonly string[]> {
    const lists = await Promise.all(hosts.map(async (host) => await host.containers()));
    return lists
      .flat()
      .filter(({ isRunning }) => isRunning)
      .map(({ id, startedAt, restarts }) => `${id} ${startedAt} ${String(restarts)}`)
      .toSorted();
  }

  /** Fails unless each of `via` (all managers unless given) shows everything that was acknowledged. */
  async expectAcknowledged(via: readonly Host[] = this.swarm.managers): Promise<void> {
    const acknowledged = [...this.writer.acknowledged];
    for (const host of via) {
      const text = await this.swarm.must(host, 'service', 'ls', '--format', '{{.Name}}');
      const names = new Set(text.split('\n'));
      expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    }
  }

  /** Fails unless, once all see all again, nothing that was acknowledged is missing on any manager, and no container was touched. */
  async expectWhole(before: readonly string[]): Promise<void> {
    await this.swarm.settled();
    await this.expectAcknowledged();
    for (const host of this.swarm.managers) expect(await this.replicas(host)).toBe(this.#all);
    expect(await this.running()).toEqual(before);
  }

  /**
   * Fails unless nothing that was acknowledged is missing, all replicas run, and no container was touched but on hosts whose daemon was `away`
   * for longer than a node is waited for: what ran there may run elsewhere.
   */
  async expectWholeBut(away: Away, before: ReadonlyMap<Host, readonly string[]>): Promise<void> {
    await this.swarm.settled();
    await this.expectAcknowledged();
    for (const host of this.swarm.managers) await this.untilAllRun(host);
    const gone = away.durationMs < nodeGraceMs ? [] : away.hosts;
    const lost: string[] = [];
    for (const [host, containers] of before) {
      const still = new Set(gone.includes(host) ? containers : await this.running([host]));
      lost.push(...containers.filter((container) => !still.has(container)));
    }
    expect(lost).toEqual([]);
  }

  /** What runs, host by host. */
  async runningByHost(): Promise<ReadonlyMap<Host, readonly string[]>> {
    const entries = this.#bed.hosts.map(
      async (host) => [host, await this.running([host])] as const,
    );
    return new Map(await Promise.all(entries));
  }

  /** Kills the daemons of `hosts` while the client writes, waits until writes come through, starts them again after `harm`, and looks whether all is there. */
  async endureDeath(hosts: readonly Host[], harm?: () => Promise<void>): Promise<void> {
    const before = await this.runningByHost();
    const acknowledged = this.writer.acknowledged.length;
    const startMs = performance.now();
    await Promise.all(hosts.map(async (host) => await host.kill()));
    await this.writer.until(acknowledged + writesDuringFault);
    await harm?.();
    await Promise.all(hosts.map(async (host) => await host.startDaemon()));
    await this.expectWholeBut({ hosts, durationMs: performance.now() - startMs }, before);
  }

  /** Does `fault` while the client writes, waits until writes come through, heals, and looks whether all is there. */
  async endure(fault: () => void | Promise<void>, heal: () => void | Promise<void>): Promise<void> {
    const before = await this.running();
    const acknowledged = this.writer.acknowledged.length;
    await fault();
    await this.writer.until(acknowledged + writesDuringFault);
    await heal();
    await this.expectWhole(before);
  }
}
