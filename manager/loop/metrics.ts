/** What the control loop counts; who shows it comes in by constructor. Names of deciders are a small closed set. */
export interface LoopMetrics {
  /** One decision: how long it took, and how many sets came of it. */
  decided(decider: string, tookMs: number, sets: number): void;
  /** What became of one set of `controller:<name>`. */
  settled(actor: string, outcome: 'done' | 'refused' | 'dropped' | 'unknown'): void;
}

/** Counts nothing. */
export const noLoopMetrics: LoopMetrics = {
  decided: () => undefined,
  settled: () => undefined,
};
