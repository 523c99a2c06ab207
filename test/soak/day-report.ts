import type { ProcessSample, Sample } from './samples.ts';
import { trendOf } from './trend.ts';

const megabyte = 1024 * 1024;
/** What the line through the second half may grow by over that half. */
const growthMax = { pssMegabytes: 12, descriptors: 3, threads: 2 } as const;
/** The log holds two segments of 16 MB and a spare one, and what a snapshot takes; the journal is rewritten at a MB more than its content. */
const bytesMax = { dataRoot: 120 * megabyte, journal: 8 * megabyte } as const;

/** What one process may not do in the second half, in words. */
export function judge(samples: readonly Sample[]): string[] {
  const late = samples.slice(Math.floor(samples.length / 2));
  return [
    ...judgeProcess(
      'daemon',
      late.map(({ daemon }) => daemon),
    ),
    ...judgeProcess(
      'proxy',
      late.map(({ proxy }) => proxy),
    ),
    ...late.flatMap(({ round, dataRootBytes, journalBytes }) => [
      ...(dataRootBytes > bytesMax.dataRoot
        ? [`round ${String(round)}: the data root has ${mb(dataRootBytes)} MB`]
        : []),
      ...(journalBytes > bytesMax.journal
        ? [`round ${String(round)}: the journal has ${mb(journalBytes)} MB`]
        : []),
    ]),
  ];
}

function judgeProcess(name: string, all: readonly ProcessSample[]): string[] {
  const pid = all.at(-1)?.pid;
  // A process that began in between is not compared with the one before.
  const samples = all.filter((sample) => sample.pid === pid);
  const growth = {
    pssMegabytes: growthOf(samples.map(({ pssBytes }) => pssBytes / megabyte)),
    descriptors: growthOf(samples.map(({ descriptors }) => descriptors)),
    threads: growthOf(samples.map(({ threads }) => threads)),
  };
  return (Object.keys(growthMax) as (keyof typeof growthMax)[]).flatMap((what) =>
    growth[what] > growthMax[what]
      ? [
          `${name}: ${what} grow by ${growth[what].toFixed(1)} over ${String(samples.length)} rounds`,
        ]
      : [],
  );
}

function growthOf(values: readonly number[]): number {
  const { first, last } = trendOf(values);
  return last - first;
}

/** One line a round, and the line through the second half at the end. */
export function printTable(samples: readonly Sample[]): void {
  say(
    '\n| round | minutes | daemon MB | fds | threads | proxy MB | fds | data root MB | log MB | journal kB |',
  );
  say('|---|---|---|---|---|---|---|---|---|---|');
  for (const sample of samples) {
    const { round, atMinutes, daemon, proxy, dataRootBytes, logBytes, journalBytes } = sample;
    const cells = [
      round,
      atMinutes,
      mb(daemon.pssBytes),
      daemon.descriptors,
      daemon.threads,
      mb(proxy.pssBytes),
      proxy.descriptors,
      mb(dataRootBytes),
      mb(logBytes),
      (journalBytes / 1024).toFixed(0),
    ];
    say(`| ${cells.join(' | ')} |`);
  }
  const late = samples.slice(Math.floor(samples.length / 2));
  for (const name of ['daemon', 'proxy'] as const) {
    const { first, last } = trendOf(late.map((sample) => sample[name].pssBytes / megabyte));
    say(
      `${name}, line through the second half (${String(late.length)} rounds): ${first.toFixed(1)} to ${last.toFixed(1)} MB`,
    );
  }
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function mb(bytes: number): string {
  return (bytes / megabyte).toFixed(1);
}
