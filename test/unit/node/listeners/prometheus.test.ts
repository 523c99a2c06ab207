// Shows what Prometheus is told of the store, the proposer and the loop, and that parts may come and go.
import { expect, test } from 'vitest';
import { loopMetrics } from '../../../../manager/loop/metrics.ts';
import { proposerMetrics } from '../../../../manager/proposer/metrics.ts';
import { storeMetrics } from '../../../../manager/proposer/store-metrics.ts';
import { PrometheusMetrics } from '../../../../node/listeners/prometheus.ts';
import { StoreFixture } from '../../../lib/store-fixture.ts';

async function linesOf(metrics: PrometheusMetrics): Promise<readonly string[]> {
  return (await metrics.registry.metrics()).split('\n');
}

test('the rows of the store are those of the store that was shown last, until that ends', async () => {
  const metrics = new PrometheusMetrics();
  const first = new StoreFixture();
  const before = storeMetrics(metrics, first.store);
  first.node('n1');
  expect(await linesOf(metrics)).toContain('shoal_store_rows{table="nodes"} 1');
  const second = new StoreFixture();
  const after = storeMetrics(metrics, second.store);
  before.close();
  expect(await linesOf(metrics)).toContain('shoal_store_rows{table="nodes"} 0');
  after.close();
  expect((await linesOf(metrics)).filter((line) => line.startsWith('shoal_store_rows'))).toEqual(
    [],
  );
});

test('applying, proposing and waiting are counted in base units', async () => {
  const metrics = new PrometheusMetrics();
  storeMetrics(metrics, new StoreFixture().store).applied(3, 4);
  const proposer = proposerMetrics(metrics);
  proposer.proposed(5, 2000);
  proposer.settled(30);
  expect(await linesOf(metrics)).toEqual(
    expect.arrayContaining([
      'shoal_store_applied_entries_total 3',
      'shoal_store_apply_seconds_sum 0.004',
      'shoal_store_apply_seconds_bucket{le="0.002"} 0',
      'shoal_store_apply_seconds_bucket{le="0.005"} 1',
      'shoal_proposer_entry_sets_sum 5',
      'shoal_proposer_entry_bytes_bucket{le="4096"} 1',
      'shoal_proposer_wait_seconds_sum 0.03',
    ]),
  );
});

test('a second leadership goes on counting where the first ended', async () => {
  const metrics = new PrometheusMetrics();
  for (let term = 1; term <= 2; term += 1) {
    const loop = loopMetrics(metrics, ['scheduler']);
    loop.decided('scheduler', 2, 1);
    loop.settled('controller:scheduler', 'refused');
    loop.sliced(5);
    loop.passed(100);
  }
  expect(await linesOf(metrics)).toEqual(
    expect.arrayContaining([
      'shoal_loop_decision_seconds_count{decider="scheduler"} 2',
      'shoal_loop_sets_total{outcome="refused"} 2',
      'shoal_loop_sets_total{outcome="done"} 0',
      'shoal_loop_slice_seconds_sum 0.01',
      'shoal_loop_pass_seconds_sum 0.2',
    ]),
  );
});
