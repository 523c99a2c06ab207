// Shows which changes of the cluster become events, and with which attributes.
import { beforeEach, describe, expect, test } from 'vitest';
import type { ClusterEvent } from '../../../../common/ports/cluster-api.ts';
import { limits } from '../../../../common/pure/limits.ts';
import type { ControlApi } from '../../../../manager/controlapi/control-api.ts';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import {
  newCluster,
  newNetwork,
  newNetworkAllocation,
  newNodeDescription,
  newNodeStatus,
  newServiceEndpoint,
  newTaskStatus,
  NodeState,
  Table,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import {
  newContainerSpec,
  newNetworkSpec,
  newNodeSpec,
  newTaskSpec,
  NodeAvailability,
} from '../../../../proto/gen/specs.ts';
import { context, ControlRig, spec } from '../../../lib/control-rig.ts';
import { putValue } from '../../../lib/store-fixture.ts';
import type { StoreProposer } from '../../../lib/store-proposer.ts';

let api: ControlApi;
let proposer: StoreProposer;

beforeEach(async () => {
  const rig = new ControlRig();
  ({ api, proposer } = rig);
  await rig.populate();
});

describe('events', () => {
  /** What `change` brings, as `type action id {attributes}`. */
  async function eventsOf(change: () => void): Promise<readonly string[]> {
    const abort = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of api.events(abort.signal)) seen.push(words(event));
    })();
    await turn();
    change();
    await turn();
    abort.abort();
    await reading;
    return seen;
  }

  function words({ type, action, id, attributes }: ClusterEvent): string {
    return `${type} ${action} ${id} ${JSON.stringify(Object.fromEntries(attributes))}`;
  }

  function turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  test.each<[string, () => void, readonly string[]]>([
    ['a new service', () => proposer.fixture.service('new'), ['service create new {"name":"new"}']],
    [
      'a scaled service with another image',
      () => {
        const task = newTaskSpec({ container: newContainerSpec({ image: 'nginx:2' }) });
        const value = spec('web', { task }, 7);
        proposer.fixture.change({ ops: [putValue('s1', { kind: 'serviceSpec', value })] });
      },
      [
        'service update s1 {"name":"web","replicas.old":"3","replicas.new":"7","image.old":"nginx:1","image.new":"nginx:2"}',
      ],
    ],
    [
      'other labels',
      () => {
        const value = spec('web', {}, 3);
        proposer.fixture.change({ ops: [putValue('s1', { kind: 'serviceSpec', value })] });
      },
      ['service update s1 {"name":"web"}'],
    ],
    [
      'an allocation',
      () => {
        const endpoint = newServiceEndpoint();
        const value = newNetworkAllocation({ subnet: '10.0.0.0/24' });
        proposer.fixture.change({
          ops: [
            putValue('s1', { kind: 'serviceEndpoint', value: endpoint }),
            putValue('net1', { kind: 'networkAllocation', value }),
          ],
        });
      },
      [],
    ],
    [
      'a node that goes down and is drained',
      () => {
        const description = newNodeDescription({ hostname: 'host2' });
        const status = newNodeStatus({ state: NodeState.nodeDown, description });
        const value = newNodeSpec({ availability: NodeAvailability.drain });
        proposer.fixture.change({ ops: [putValue('n2', { kind: 'nodeStatus', value: status })] });
        proposer.fixture.change({ ops: [putValue('n2', { kind: 'nodeSpec', value })] });
      },
      [
        'node update n2 {"name":"host2","state.old":"unknown","state.new":"down"}',
        'node update n2 {"name":"host2","availability.old":"active","availability.new":"drain"}',
      ],
    ],
    [
      'a description alone',
      () => {
        const description = newNodeDescription({ hostname: 'host2', memoryBytes: 9 });
        const value = newNodeStatus({ description });
        proposer.fixture.change({ ops: [putValue('n2', { kind: 'nodeStatus', value })] });
      },
      [],
    ],
    [
      'a task that ends',
      () => {
        const value = newTaskStatus({ state: TaskState.failed, exitCode: 1 });
        proposer.fixture.change({ ops: [putValue('old', { kind: 'taskStatus', value })] });
      },
      [
        'task update old {"name":"web.1.old","state.old":"running","state.new":"failed","service":"s1","node":"n1"}',
      ],
    ],
    [
      'a task of which only words change',
      () => {
        const value = newTaskStatus({ state: TaskState.running, message: 'x' });
        proposer.fixture.change({ ops: [putValue('old', { kind: 'taskStatus', value })] });
      },
      [],
    ],
    [
      'removal',
      () =>
        proposer.fixture.change({
          ops: [deleteOp(Table.networks, 'net1'), deleteOp(Table.tasks, 'new')],
        }),
      [
        'network remove net1 {"name":"ingress"}',
        'task remove new {"name":"web.2.new","service":"s1","node":""}',
      ],
    ],
    [
      'a cluster',
      () =>
        proposer.fixture.change({
          ops: [createOp({ kind: 'cluster', value: newCluster({ id: 'c' }) })],
        }),
      [],
    ],
  ])('of %s', async (_, change, expected) => {
    expect(await eventsOf(change)).toEqual(expected);
  });

  test('end for a reader that is too slow', async () => {
    const next = api.events(context.signal)[Symbol.asyncIterator]().next();
    await turn();
    for (let round = 0; round <= limits.watchQueueEvents; round += 100) {
      const ops = Array.from({ length: 100 }, (_, index) => {
        const name = `x${round + index}`;
        const value = newNetwork({ id: name, spec: newNetworkSpec({ name }) });
        return createOp({ kind: 'network', value });
      });
      proposer.fixture.change({ ops });
    }
    await expect(next).rejects.toMatchObject({ code: 'tooBusy' });
  });
});
