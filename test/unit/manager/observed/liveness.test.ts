// Shows when a node is no longer taken to live, on the leader's own clock.
import { expect, test } from 'vitest';
import { EndpointAcks } from '../../../../manager/observed/endpoint-acks.ts';
import { LivenessTable } from '../../../../manager/observed/liveness.ts';
import { nodeId } from '../../../lib/store-proposer.ts';

const one = nodeId('one');
const two = nodeId('two');

test('a silent node expires after three periods, once, and anew after it was seen again', () => {
  const table = new LivenessTable();
  table.seen(one, 1_000, 5_000);
  table.seen(two, 2_000, 5_000);
  expect(table.takeExpired(15_999)).toEqual([]);
  expect(table.takeExpired(16_000)).toEqual([one]);
  expect(table.takeExpired(16_500)).toEqual([]);
  table.seen(one, 16_600, 5_000);
  expect(table.takeExpired(17_000)).toEqual([two]);
  expect(table.takeExpired(31_600)).toEqual([one]);
});

test('a closed connection shortens the grace, never lengthens it, and a new sign of life restores it', () => {
  const table = new LivenessTable();
  table.seen(one, 0, 5_000);
  table.disconnected(one, 1_000);
  expect(table.takeExpired(3_999)).toEqual([]);
  table.seen(one, 3_999, 5_000);
  expect(table.takeExpired(4_000)).toEqual([]);
  table.disconnected(one, 18_000);
  expect(table.takeExpired(18_999)).toEqual([one]);
  table.disconnected(one, 20_000);
  expect(table.takeExpired(99_000)).toEqual([]);
});

test('a leader that was late forgives everybody by as much', () => {
  const table = new LivenessTable();
  table.seen(one, 0, 5_000);
  table.forgive(10_000);
  expect(table.takeExpired(24_999)).toEqual([]);
  expect(table.takeExpired(25_000)).toEqual([one]);
});

test('a node that was forgotten never expires', () => {
  const table = new LivenessTable();
  table.seen(one, 0, 5_000);
  table.forget(one);
  expect(table.takeExpired(99_000)).toEqual([]);
});

test('acknowledgements only grow, until the node begins anew', () => {
  const acks = new EndpointAcks();
  expect(acks.version(one)).toBe(0);
  acks.acknowledge(one, 7);
  acks.acknowledge(one, 5);
  expect(acks.version(one)).toBe(7);
  acks.forget(one);
  expect(acks.version(one)).toBe(0);
});
