import type { HistogramSpec, Metrics } from '../../common/ports/metrics.ts';

const entrySets: HistogramSpec = {
  name: 'shoal_proposer_entry_sets',
  help: 'Change sets that were proposed in one entry.',
  buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
};

const entryBytes: HistogramSpec = {
  name: 'shoal_proposer_entry_bytes',
  help: 'Size of the entries that were proposed.',
  buckets: [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576],
};

const waitSeconds: HistogramSpec = {
  name: 'shoal_proposer_wait_seconds',
  help: 'How long a change set waited until it was applied.',
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 10],
};

/** What is counted of a proposer. */
export interface ProposerMetrics {
  /** One entry was proposed. */
  proposed(sets: number, bytes: number): void;
  /** A set that was proposed here was applied, after `waitedMs`. */
  settled(waitedMs: number): void;
}

export function proposerMetrics(metrics: Metrics): ProposerMetrics {
  const observeSets = metrics.histogram(entrySets);
  const observeBytes = metrics.histogram(entryBytes);
  const observeWait = metrics.histogram(waitSeconds);
  return {
    proposed: (sets, bytes) => {
      observeSets(sets);
      observeBytes(bytes);
    },
    settled: (waitedMs) => {
      observeWait(waitedMs / 1000);
    },
  };
}
