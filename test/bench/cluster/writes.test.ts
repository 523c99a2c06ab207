/**
 * Durable writes through three managers on one machine, over 64 connections spread over them, beside etcd with three members: the same
 * HTTP client, and values of the same size. `SHOAL_BENCH=full` measures; results with machine and commit stand in docs/benchmarks.md.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { shoalSwarm, Swarm } from '../../integration/testbed/swarm.ts';
import { Testbed } from '../../integration/testbed/testbed.ts';
import { EtcdCluster } from './etcd.ts';
import { measureWrites, type Load, type LoadResult } from './writes.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const durationMs = isFull ? 10_000 : 1000;
const limitMs = 300_000;

let bed: Testbed;
let swarm: Swarm;

beforeAll(async () => {
  bed = await Testbed.start({ hosts: 3 });
  swarm = await Swarm.form(shoalSwarm, bed.hosts);
}, limitMs);

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
}, limitMs);

function specOf(name: string): string {
  return JSON.stringify({
    Name: name,
    TaskTemplate: { ContainerSpec: { Image: 'registry.example/web:1' } },
    Mode: { Replicated: { Replicas: 0 } },
  });
}

function shoalLoad(round: string, connections: number): Load {
  return {
    targets: swarm.managers.map((host) => ({ socketPath: host.node.socketPath })),
    connections,
    durationMs,
    next: (number) => ({
      path: '/v1.41/services/create',
      body: specOf(`${round}-${String(number)}`),
    }),
  };
}

function etcdLoad(etcd: EtcdCluster, round: string, connections: number): Load {
  return {
    targets: etcd.targets,
    connections,
    durationMs,
    next: (number) => {
      const name = `${round}-${String(number)}`;
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      const body = JSON.stringify({ key: base64(name), value: base64(specOf(name)) });
      return { path: '/v3/kv/put', body };
    },
  };
}

function show(what: string, { perSecond, p50Ms, p99Ms }: LoadResult): void {
  console.log(
    `${what}: ${perSecond.toFixed(0)} writes/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`,
  );
}

test('durable writes, spread over three managers, beside etcd', { timeout: limitMs }, async () => {
  const hasEtcd = existsSync('/usr/bin/etcd');
  expect(hasEtcd || !isFull).toBe(true);
  for (const connections of [64, 1]) {
    await measureWrites(shoalLoad(`warm${String(connections)}`, connections));
    const ours = await measureWrites(shoalLoad(`run${String(connections)}`, connections));
    show(`shoal, ${String(connections)} connections`, ours);
    expect(ours.failure).toBeUndefined();
    if (!hasEtcd) continue;
    await using etcd = await EtcdCluster.start();
    await measureWrites(etcdLoad(etcd, 'warm', connections));
    const theirs = await measureWrites(etcdLoad(etcd, 'run', connections));
    show(`etcd, ${String(connections)} connections`, theirs);
    expect(theirs.failure).toBeUndefined();
    console.log(
      `ratio at ${String(connections)}: ${(ours.perSecond / theirs.perSecond).toFixed(2)} x writes, p99 ${(ours.p99Ms / theirs.p99Ms).toFixed(2)} x`,
    );
  }
});
