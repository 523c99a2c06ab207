import type { HistogramSpec, Metrics, MetricSpec } from '../../common/ports/metrics.ts';

const decisionSeconds: HistogramSpec = {
  name: 'shoal_loop_decision_seconds',
  help: 'How long one decision took, by decider.',
  label: 'decider',
  buckets: [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
};

const sets: MetricSpec = {
  name: 'shoal_loop_sets_total',
  help: 'Change sets of the controllers, by what became of them.',
  label: 'outcome',
};

const sliceSeconds: HistogramSpec = {
  name: 'shoal_loop_slice_seconds',
  help: 'How long the control loop kept the thread at a time.',
  buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
};

const passSeconds: HistogramSpec = {
  name: 'shoal_loop_pass_seconds',
  help: 'How long one pass over every scope took, from its start to its last scope.',
  buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
};

const outcomes = ['done', 'refused', 'dropped', 'unknown'] as const;

/** What the control loop counts; who shows it comes in by constructor. Names of deciders are a small closed set. */
export interface LoopMetrics {
  /** One decision: how long it took, and how many sets came of it. */
  decided(decider: string, tookMs: number, sets: number): void;
  /** What became of one set of `controller:<name>`. */
  settled(actor: string, outcome: (typeof outcomes)[number]): void;
  /** The loop gives the thread away, which it had for `tookMs`. */
  sliced(tookMs: number): void;
  /** A pass over every scope is over. */
  passed(tookMs: number): void;
}

/** @param deciders names of all that decide. */
export function loopMetrics(metrics: Metrics, deciders: readonly string[]): LoopMetrics {
  const observeDecision = new Map(
    deciders.map((name) => [name, metrics.histogram(decisionSeconds, name)]),
  );
  const addSet = new Map(outcomes.map((name) => [name, metrics.counter(sets, name)]));
  const observeSlice = metrics.histogram(sliceSeconds);
  const observePass = metrics.histogram(passSeconds);
  return {
    decided: (decider, tookMs) => observeDecision.get(decider)?.(tookMs / 1000),
    settled: (_actor, outcome) => addSet.get(outcome)?.(1),
    sliced: (tookMs) => {
      observeSlice(tookMs / 1000);
    },
    passed: (tookMs) => {
      observePass(tookMs / 1000);
    },
  };
}
