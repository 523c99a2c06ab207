// Shows which of a service's tasks connections to one node's ports go to.
import { describe, expect, it } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { newEndpoint, newEndpointSet, type EndpointSet } from '../../../../proto/gen/dispatcher.ts';
import { nearest } from '../../../../worker/routing/nearest.ts';

const self = asId<'node'>('n1');

function web(...nodes: readonly string[]): EndpointSet {
  const endpoints = nodes.map((nodeId, at) => newEndpoint({ taskId: `t${String(at)}`, nodeId }));
  return newEndpointSet({ serviceId: 'web', serviceName: 'web', version: 3, endpoints });
}

function tasksOf(sets: readonly EndpointSet[]): readonly (readonly string[])[] {
  return sets.map(({ endpoints }) => endpoints.map(({ taskId }) => taskId));
}

describe('connections to the ports of a node', () => {
  it('go to the tasks that run on it, and no others', () => {
    expect(tasksOf(nearest([web('n2', 'n1', 'n3', 'n1')], self))).toEqual([['t1', 't3']]);
  });

  it('go to all where none runs on it, service by service', () => {
    const sets = [web('n2', 'n3'), web('n1', 'n2'), web()];
    expect(tasksOf(nearest(sets, self))).toEqual([['t0', 't1'], ['t0'], []]);
    expect(nearest(sets, self)[0]).toBe(sets[0]);
  });

  it('keep all else of the service as it is', () => {
    const [before, after] = [web('n1', 'n2'), nearest([web('n1', 'n2')], self)[0]];
    expect(after).toEqual({ ...before, endpoints: before.endpoints.slice(0, 1) });
  });
});
