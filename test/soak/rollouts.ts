/**
 * Rolling updates, rollbacks and scalings of a service under wrk and downloads: none may fail. Then containers are killed: that may fail only
 * what was in flight on them.
 */
import { unexplained, type Outage } from '../e2e/lib/failures.ts';
import { Loops, type LoopsReport } from '../e2e/lib/loops.ts';
import { eventually } from '../e2e/lib/shoal-node.ts';
import { curl } from '../e2e/lib/traffic.ts';
import { testImage } from '../integration/lib/test-image.ts';
import { Rig } from './rig.ts';
import { Wrk, type WrkReport } from './wrk.ts';

const port = 8080;
const replicas = 10;
/** Longer than one download. */
const grace = '5s';
const downloadMs = 3_500;
const scales = [15, 6, replicas];
const parallelisms = [2, 3, 5];
const keptConnections = 8;
const freshConnections = 4;
const killings = 5;
/** A request that begins so long after a kill must not fail. */
const killSlackMs = 100;

interface Phase {
  readonly what: string;
  readonly times: number;
  readonly seconds: number;
  readonly kept: WrkReport;
  readonly fresh: WrkReport;
  readonly downloads: LoopsReport;
}

/** What a series of rollouts did: any failure is one too many. */
interface RolloutsReport {
  readonly phases: readonly Phase[];
  readonly killed: { readonly failed: number; readonly late: readonly string[] };
}

/** Runs `rounds` each of updates, rollbacks and scalings. @returns false when something failed that must not */
export async function runRollouts(rounds: number): Promise<boolean> {
  await using rig = await Rig.start();
  await createWeb(rig);
  const report = {
    phases: [
      await underLoad(rig, 'update, then rollback', rounds, async (round) => {
        await updateAndRollBack(rig, round);
      }),
      await underLoad(rig, 'scale', rounds, async (round) => {
        await scale(rig, scales[round % scales.length] ?? replicas);
      }),
    ],
    killed: await killUnderLoad(rig),
  };
  print(report);
  return failuresOf(report) === 0 && report.killed.late.length === 0;
}

async function createWeb(rig: Rig): Promise<void> {
  const rollout = `--update-monitor 100ms --rollback-monitor 100ms --stop-grace-period ${grace}`;
  const flags = `--name web --replicas ${String(replicas)} -p ${String(port)}:80 --env GRACEFUL=1`;
  await rig.docker(`service create --detach ${flags} ${rollout} ${testImage}`);
  await rig.untilRunning('web', replicas);
  await eventually('the port answers', async () => await curl(rig.engine, port));
}

/** The way back is decided by the spec that one goes back to, so it is set before. */
async function updateAndRollBack(rig: Rig, round: number): Promise<void> {
  const order = round % 2 === 0 ? 'stop-first' : 'start-first';
  const many = String(parallelisms[round % parallelisms.length] ?? 1);
  const how = ['update', 'rollback'].map(
    (verb) => `--${verb}-order ${order} --${verb}-parallelism ${many}`,
  );
  await rig.docker(`service update --detach ${how.join(' ')} web`);
  for (const act of [
    `update --detach --env-add ROUND=${String(round)} web`,
    'rollback --detach web',
  ]) {
    const before = await rig.running('web');
    await rig.docker(`service ${act}`);
    await rig.untilRunning('web', before.length, before);
  }
}

async function scale(rig: Rig, count: number): Promise<void> {
  await rig.docker(`service scale --detach web=${String(count)}`);
  await rig.untilRunning('web', count);
}

async function underLoad(
  rig: Rig,
  what: string,
  rounds: number,
  act: (round: number) => Promise<void>,
): Promise<Phase> {
  const begunMs = performance.now();
  await using kept = new Wrk(rig.engine, { port, connections: keptConnections, closes: false });
  await using fresh = new Wrk(rig.engine, { port, connections: freshConnections, closes: true });
  await using downloads = new Loops(rig.engine, port, {
    slowMs: downloadMs,
    kept: 0,
    fresh: 0,
    slow: 4,
  });
  for (let round = 0; round < rounds; round += 1) {
    const roundMs = performance.now();
    await act(round);
    say(`${what} ${String(round + 1)}/${String(rounds)}: ${seconds(roundMs)} s`);
  }
  const reports = [await kept.stop(), await fresh.stop(), await downloads.stop()] as const;
  return {
    what,
    times: rounds,
    seconds: seconds(begunMs),
    kept: reports[0],
    fresh: reports[1],
    downloads: reports[2],
  };
}

/** Kills one container after the other. Only what was sent before a kill, and was not answered yet, may fail. */
async function killUnderLoad(rig: Rig): Promise<RolloutsReport['killed']> {
  await using loops = new Loops(rig.engine, port, { slowMs: downloadMs, kept: 16, slow: 4 });
  const kills: Outage[] = [];
  for (let count = 0; count < killings; count += 1) {
    await eventually('requests', async () => (loops.count > 200 ? true : undefined));
    const before = await rig.running('web');
    const [victim = ''] = before;
    const fromMs = Date.now();
    await rig.engine.exec('docker', ['-H', `unix://${rig.engine.socketPath}`, 'kill', victim]);
    kills.push([fromMs, Date.now() + killSlackMs]);
    await rig.untilRunning('web', before.length, [victim]);
  }
  const { failures } = await loops.stop();
  const late = unexplained(failures, kills);
  return {
    failed: failures.length,
    late: late.map((failure) => `${JSON.stringify(failure)} of kills ${kills.join()}`),
  };
}

function failuresOf({ phases }: RolloutsReport): number {
  return phases.reduce((sum, { kept, fresh, downloads }) => {
    const errors = [kept, fresh].map((wrk) => wrk.socketErrors + wrk.badStatuses);
    return sum + downloads.failures.length + errors.reduce((all, count) => all + count, 0);
  }, 0);
}

function print({ phases, killed }: RolloutsReport): void {
  say(
    '\n| under load | times | s | wrk kept: requests, errors, 99 % | wrk fresh | downloads, failed |',
  );
  say('|---|---|---|---|---|---|');
  for (const { what, times, seconds: took, kept, fresh, downloads } of phases) {
    const [first, second] = [kept, fresh].map(
      (wrk) =>
        `${String(wrk.requests)}, ${String(wrk.socketErrors + wrk.badStatuses)}, ${wrk.latency99}`,
    );
    const slow = `${String(downloads.counts.slow)}, ${String(downloads.failures.length)}`;
    say(
      `| ${what} | ${String(times)} | ${String(took)} | ${first ?? ''} | ${second ?? ''} | ${slow} |`,
    );
    for (const failure of downloads.failures) say(JSON.stringify(failure));
  }
  const { failed, late } = killed;
  say(
    `\n${String(killings)} containers killed: ${String(failed)} failed in flight, ${String(late.length)} others`,
  );
  for (const line of late) say(line);
}

function seconds(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) / 100) / 10;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
