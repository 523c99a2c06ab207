import type { ProcessSample, Sample } from './samples.ts';
import { floorGrowth, trendOf } from './trend.ts';

const megabyte = 1024 * 1024;
/** What the line through the second half may grow by over that half; of descriptors and threads, which come and go with calls, the least. */
const growthMax = { pssMegabytes: 12, descriptors: 3, threads: 2 } as const;
/** The same for the daemon's heap without its garbage, which says more: chance has no part in it. */
const heapGrowthMax = 3;
/** The log holds two segments of 16 MB and a spare one, and what a snapshot takes; the journal is rewritten at a MB more than its content. */
const bytesMax = { dataRoot: 120 * megabyte, journal: 8 * megabyte } as const;

/** What one process may not do in the second half, in words. */
export function judge(samples: readonly Sample[]): string[] {
  const late = secondHalf(samples);
  return [
    ...judgeHeap(late),
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

/** Nobody restarts daemon or proxy in it. */
function secondHalf(samples: readonly Sample[]): readonly Sample[] {
  const middle = (samples.at(-1)?.atMinutes ?? 0) / 2;
  return samples.filter(({ atMinutes }) => atMinutes > middle);
}

function judgeHeap(samples: readonly Sample[]): string[] {
  const growth = growthOf(samples.map(({ heapBytes }) => heapBytes / megabyte));
  return growth > heapGrowthMax ? [`daemon: its heap grows by ${growth.toFixed(1)} MB`] : [];
}

function judgeProcess(name: string, samples: readonly ProcessSample[]): string[] {
  if (new Set(samples.map(({ pid }) => pid)).size > 1) return [`${name}: another process serves`];
  const growth = {
    pssMegabytes: growthOf(samples.map(({ pssBytes }) => pssBytes / megabyte)),
    descriptors: floorGrowth(samples.map(({ descriptors }) => descriptors)),
    threads: floorGrowth(samples.map(({ threads }) => threads)),
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
    '\n| round | minutes | daemon MB | heap MB | fds | threads | proxy MB | fds | data root MB | log MB | journal kB |',
  );
  say('|---|---|---|---|---|---|---|---|---|---|---|');
  for (const sample of samples) {
    const { round, atMinutes, daemon, heapBytes, proxy, dataRootBytes, logBytes, journalBytes } =
      sample;
    const cells = [
      round,
      atMinutes,
      mb(daemon.pssBytes),
      mb(heapBytes),
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
  const late = secondHalf(samples);
  const lines = {
    daemon: late.map(({ daemon }) => daemon.pssBytes),
    'heap of the daemon': late.map(({ heapBytes }) => heapBytes),
    proxy: late.map(({ proxy }) => proxy.pssBytes),
  };
  for (const [name, bytes] of Object.entries(lines)) {
    const { first, last } = trendOf(bytes);
    say(
      `${name}, line through ${String(late.length)} rounds of the second half: ${mb(first)} to ${mb(last)} MB`,
    );
  }
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function mb(bytes: number): string {
  return (bytes / megabyte).toFixed(1);
}
