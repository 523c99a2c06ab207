/**
 * A day of use in a loop: services are created, looked at, updated, rolled back, scaled and removed; containers, daemon, proxy and engine are
 * killed. After each round everything must be in order, and at the end memory must be flat.
 *
 * Daemon and proxy are restarted in the first half only: the second shows what they hold after long use. Requests to a service that stays go on
 * all the time; they may fail only while its proxy or its engine is away.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { limits } from '../../common/pure/limits.ts';
import { unexplained } from '../e2e/lib/failures.ts';
import { Loops } from '../e2e/lib/loops.ts';
import {
  changeOften,
  createLasting,
  createPassing,
  killContainers,
  killProxy,
  lasting,
  look,
  quiet,
  removePassing,
  restartDaemon,
  restartEngine,
  rollOut,
  smallChanges,
} from './acts.ts';
import { complaintsOf, complaintsOfDataRoot, countTroubles } from './checks.ts';
import { judge, printTable, say } from './day-report.ts';
import { Rig } from './rig.ts';
import { bytesBelow, collectedHeapBytes, sampleProcess, type Sample } from './samples.ts';
import { EventStreams } from './streams.ts';

const settleLimitMs = 180_000;
/** Requests that were under way when something was taken from them, or came before its port was served again. */
const outageSlackMs = 3_000;

/** Times in which requests may fail. */
type Outage = readonly [fromMs: number, toMs: number];

class Day {
  readonly #rig: Rig;
  readonly #minutes: number;
  readonly #begunMs = performance.now();
  readonly samples: Sample[] = [];
  readonly findings: string[] = [];
  readonly outages: Outage[] = [];
  #round = 0;
  #isHistoryFull = false;

  constructor(rig: Rig, minutes: number) {
    this.#rig = rig;
    this.#minutes = minutes;
  }

  get #elapsedMinutes(): number {
    return (performance.now() - this.#begunMs) / 60_000;
  }

  async run(): Promise<void> {
    while (this.#elapsedMinutes < this.#minutes) {
      this.#round += 1;
      try {
        await this.#playRound(this.#round);
      } catch (error) {
        this.#found(error instanceof Error ? error.message : String(error));
        await this.#tidyUp();
      }
      await this.#settle();
      await this.#sample();
    }
  }

  async #playRound(round: number): Promise<void> {
    const rig = this.#rig;
    using streams = new EventStreams(rig.node.socketPath);
    await createPassing(rig);
    await look(rig, streams);
    await changeOften(rig, round);
    await rollOut(rig, round);
    await killContainers(rig);
    if (this.#elapsedMinutes < this.#minutes / 2) await this.#restart(round);
    else await this.#fillHistory(round);
    if (round % 5 === 0) {
      const signal = round % 2 === 0 ? 'SIGTERM' : 'SIGKILL';
      await this.#without(async () => {
        await restartEngine(rig, signal);
      });
    }
    await removePassing(rig);
  }

  /** What the store keeps for watchers that come back grows for hours of such use, to its limit; memory is judged from there on. */
  async #fillHistory(round: number): Promise<void> {
    if (this.#isHistoryFull) return;
    this.#isHistoryFull = true;
    for (let made = 0; made < limits.watchHistoryEvents; made += smallChanges)
      await changeOften(this.#rig, round);
  }

  async #restart(round: number): Promise<void> {
    const rig = this.#rig;
    const signal = round % 2 === 0 ? 'SIGTERM' : 'SIGKILL';
    await restartDaemon(rig, signal, async () => {
      for (const complaint of await complaintsOfDataRoot(rig)) this.#found(complaint);
    });
    if (round % 4 === 0)
      await this.#without(async () => {
        await killProxy(rig);
      });
  }

  /** While `act` goes on, requests may fail. */
  async #without(act: () => Promise<void>): Promise<void> {
    const fromMs = Date.now();
    await act();
    await sleep(outageSlackMs);
    this.outages.push([fromMs, Date.now()]);
  }

  async #tidyUp(): Promise<void> {
    try {
      const names = await this.#rig.docker('service ls --format {{.Name}}');
      const kept = new Set([lasting.name, quiet.name, '']);
      for (const name of names.split('\n'))
        if (!kept.has(name)) await this.#rig.docker(`service rm ${name}`);
    } catch (error) {
      this.#found(`cannot tidy up: ${String(error)}`);
    }
  }

  /** What stays wrong is wrong. */
  async #settle(): Promise<void> {
    const deadlineMs = performance.now() + settleLimitMs;
    for (;;) {
      const complaints = await this.#complaints();
      if (complaints.length === 0) return;
      if (performance.now() > deadlineMs) {
        for (const complaint of complaints) this.#found(complaint);
        return;
      }
      await sleep(500);
    }
  }

  async #complaints(): Promise<readonly string[]> {
    try {
      return await complaintsOf(this.#rig, [lasting, quiet]);
    } catch (error) {
      return [`cannot look: ${String(error)}`];
    }
  }

  async #sample(): Promise<void> {
    const { node, engine } = this.#rig;
    const { dataRoot } = node;
    const heapBytes = await collectedHeapBytes(engine, node.pid);
    const sample: Sample = {
      round: this.#round,
      atMinutes: Math.round(this.#elapsedMinutes * 10) / 10,
      daemon: await sampleProcess(node.pid),
      heapBytes,
      proxy: await sampleProcess(await node.proxyPid()),
      dataRootBytes: await bytesBelow(dataRoot, [join(dataRoot, 'proxy', 'cache')]),
      logBytes: await bytesBelow(join(dataRoot, 'raft')),
      journalBytes: await bytesBelow(join(dataRoot, 'worker')),
    };
    this.samples.push(sample);
    say(JSON.stringify(sample));
  }

  #found(what: string): void {
    this.findings.push(`round ${String(this.#round)}: ${what}`);
    say(`FOUND in round ${String(this.#round)}: ${what}`);
  }
}

/** @returns false when something was found */
export async function runDay(minutes: number): Promise<boolean> {
  await using rig = await Rig.start();
  await createLasting(rig);
  await using loops = new Loops(rig.engine, lasting.port ?? 0, {
    slowMs: 2_000,
    kept: 2,
    fresh: 2,
    slow: 1,
  });
  const day = new Day(rig, minutes);
  await day.run();
  const { counts, failures } = await loops.stop();
  const lost = unexplained(failures, day.outages);
  const findings = [
    ...day.findings,
    ...lost.map((failure) => `a request failed: ${JSON.stringify(failure)}`),
    ...judge(day.samples),
  ];
  printTable(day.samples);
  const asked = `${String(counts.kept + counts.fresh)} requests and ${String(counts.slow)} downloads`;
  say(
    `\n${asked}; failed: ${String(lost.length)}, while proxy or engine were away: ${String(failures.length - lost.length)}`,
  );
  say('\nLog lines at warning or above, by text:');
  for (const [text, count] of await countTroubles(rig)) say(`  ${String(count)} x ${text}`);
  say(`\n${String(findings.length)} findings`);
  for (const finding of findings) say(`  ${finding}`);
  return findings.length === 0;
}
