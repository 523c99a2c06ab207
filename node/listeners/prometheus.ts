import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { HistogramSpec, Metrics, MetricSpec } from '../../common/ports/metrics.ts';

interface GaugeFamily {
  readonly gauge: Gauge;
  /** Who is asked, by label value; the last who came for one counts. */
  readonly readers: Map<string, () => number>;
}

/** Keeps what the parts count, for Prometheus. Lives as long as the process; parts come and go. */
export class PrometheusMetrics implements Metrics {
  readonly registry: Registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #gauges = new Map<string, GaugeFamily>();

  counter(spec: MetricSpec, labelValue?: string): (by: number) => void {
    const { name } = spec;
    const counter =
      this.#counters.get(name) ?? new Counter({ ...this.#config(spec), name, help: spec.help });
    this.#counters.set(name, counter);
    const child = counter.labels(labelsOf(spec, labelValue));
    child.inc(0);
    return (by) => {
      child.inc(by);
    };
  }

  histogram(spec: HistogramSpec, labelValue?: string): (value: number) => void {
    const { name, help } = spec;
    const histogram =
      this.#histograms.get(name) ??
      new Histogram({ ...this.#config(spec), name, help, buckets: [...spec.buckets] });
    this.#histograms.set(name, histogram);
    const child = histogram.labels(labelsOf(spec, labelValue));
    return (value) => {
      child.observe(value);
    };
  }

  gauge(spec: MetricSpec, read: () => number, labelValue = ''): () => void {
    const { readers } = this.#gauges.get(spec.name) ?? this.#newGauge(spec);
    readers.set(labelValue, read);
    return () => {
      if (readers.get(labelValue) === read) readers.delete(labelValue);
    };
  }

  #newGauge(spec: MetricSpec): GaugeFamily {
    const readers = new Map<string, () => number>();
    const gauge: Gauge = new Gauge({
      ...this.#config(spec),
      name: spec.name,
      help: spec.help,
      collect: () => {
        gauge.reset();
        // Without a label there is always one value, and nobody says what it is.
        if (readers.size === 0 && spec.label === undefined) gauge.remove();
        for (const [value, read] of readers) gauge.set(labelsOf(spec, value), read());
      },
    });
    const family = { gauge, readers };
    this.#gauges.set(spec.name, family);
    return family;
  }

  #config({ label }: MetricSpec): { registers: Registry[]; labelNames: string[] } {
    return { registers: [this.registry], labelNames: label === undefined ? [] : [label] };
  }
}

function labelsOf({ label }: MetricSpec, value = ''): Record<string, string> {
  return label === undefined ? {} : { [label]: value };
}
