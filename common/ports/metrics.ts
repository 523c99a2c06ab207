/** What is counted: its name as docs/metrics.md lists it, and what it means. */
export interface MetricSpec {
  readonly name: string;
  readonly help: string;
  /** What tells several numbers of this name apart, if there are several; its values are a small closed set, never ids. */
  readonly label?: string;
}

export interface HistogramSpec extends MetricSpec {
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** Takes what the parts count. Asked once for each number, when a part is made: what it gives is cheap to call. */
export interface Metrics {
  /** A number that only grows; the result adds to it. */
  counter(spec: MetricSpec, labelValue?: string): (by: number) => void;
  /** How often values fell below each bound; the result takes one value. */
  histogram(spec: HistogramSpec, labelValue?: string): (value: number) => void;
  /** A number that is read when somebody asks for it; the result ends that. */
  gauge(spec: MetricSpec, read: () => number, labelValue?: string): () => void;
}

/** Counts nothing. */
export const noMetrics: Metrics = {
  counter: () => () => undefined,
  histogram: () => () => undefined,
  gauge: () => () => undefined,
};
