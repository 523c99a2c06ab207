// Shows that what long runs read out of wrk and of samples is what stands there.
import { expect, test } from 'vitest';
import { floorGrowth, trendOf } from '../../soak/trend.ts';
import { parseWrk } from '../../soak/wrk.ts';

const summary = `Running 24h test @ http://127.0.0.1:8080/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.79ms    4.87ms 112.30ms   92.61%
    Req/Sec     2.86k     1.03k    5.10k    69.00%
  Latency Distribution
     50%    2.45ms
     99%   24.76ms
  28577 requests in 10.06s, 4.12MB read
`;

test('a run of wrk without errors has none', () => {
  expect(parseWrk(`${summary}Requests/sec:   2840.66\nTransfer/sec:    419.34KB\n`)).toEqual({
    requests: 28_577,
    perSecond: 2840.66,
    socketErrors: 0,
    badStatuses: 0,
    latency99: '24.76ms',
  });
});

test('errors of every kind are counted', () => {
  const errors = '  Socket errors: connect 1, read 20, write 300, timeout 4000\n';
  const bad = '  Non-2xx or 3xx responses: 7\n';
  expect(parseWrk(`${summary}${errors}${bad}Requests/sec:   1.5\n`)).toMatchObject({
    socketErrors: 4321,
    badStatuses: 7,
  });
});

test('what is no summary is refused', () => {
  expect(() => parseWrk('unable to connect')).toThrow('no summary');
});

test('a line through points on a line is that line, and flat through one point or none', () => {
  expect(trendOf([3, 5, 7, 9])).toEqual({ slope: 2, first: 3, last: 9 });
  expect(trendOf([1, 3, 1, 3, 1])).toMatchObject({ slope: 0 });
  expect(trendOf([4])).toEqual({ slope: 0, first: 4, last: 4 });
  expect(trendOf([])).toMatchObject({ slope: 0 });
});

test('what comes and goes does not grow, and what is never given back does', () => {
  expect(floorGrowth([57, 43, 56, 44, 57, 43, 77, 64, 44])).toBe(1);
  expect(floorGrowth([43, 57, 44, 58, 45, 59, 46, 60, 47])).toBe(3);
  expect(floorGrowth([5])).toBe(0);
  expect(floorGrowth([])).toBe(0);
});
