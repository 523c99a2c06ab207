import type { HistogramSpec, Metrics, MetricSpec } from '../../common/ports/metrics.ts';
import type { Store } from '../store/store.ts';

const rows: MetricSpec = {
  name: 'shoal_store_rows',
  help: 'Rows of each table of the store.',
  label: 'table',
};

const applySeconds: HistogramSpec = {
  name: 'shoal_store_apply_seconds',
  help: 'How long one round of applying committed entries took.',
  buckets: [0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5],
};

const appliedEntries: MetricSpec = {
  name: 'shoal_store_applied_entries_total',
  help: 'Committed entries that were applied.',
};

/** What is counted of a store; the store reads no clock, so who applies to it tells how long that took. */
export interface StoreMetrics {
  /** One round of applying `entries`. */
  applied(entries: number, tookMs: number): void;
  /** The store's rows are not shown any more. */
  close(): void;
}

export function storeMetrics(metrics: Metrics, store: Store): StoreMetrics {
  const observe = metrics.histogram(applySeconds);
  const add = metrics.counter(appliedEntries);
  const ends = [
    metrics.gauge(rows, () => store.view.nodes().length, 'nodes'),
    metrics.gauge(rows, () => store.view.services().length, 'services'),
    metrics.gauge(rows, () => store.view.networks().length, 'networks'),
    metrics.gauge(rows, () => store.state.taskCount, 'tasks'),
  ];
  return {
    applied: (entries, tookMs) => {
      observe(tookMs / 1000);
      add(entries);
    },
    close: () => {
      for (const end of ends) end();
    },
  };
}
