// Shows which changes of the cluster become events, and with which attributes.
import { beforeEach, describe, expect, test } from 'vitest';
import type { ClusterEvent } from '../../../../common/ports/cluster-api.ts';
import { clusterEvent } from '../../../../manager/controlapi/cluster-events.ts';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import {
  newCluster,
  newNetworkAllocation,
  newNodeDescription,
  newNodeStatus,
  newServiceEndpoint,
  newTaskStatus,
  NodeState,
  Table,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import type { NodeStatus } from '../../../../proto/gen/objects.ts';
import {
  newContainerSpec,
  newNodeSpec,
  newTaskSpec,
  NodeAvailability,
} from '../../../../proto/gen/specs.ts';
import { ControlRig, spec } from '../../../lib/control-rig.ts';
import { putValue } from '../../../lib/store-fixture.ts';
import type { StoreProposer } from '../../../lib/store-proposer.ts';

let proposer: StoreProposer;

beforeEach(async () => {
  const rig = new ControlRig();
  ({ proposer } = rig);
  await rig.populate();
});

function engineStatus(engineAvailable: boolean): NodeStatus {
  return newNodeStatus({
    state: NodeState.nodeReady,
    description: newNodeDescription({ hostname: 'host2', engineAvailable }),
  });
}

describe('events', () => {
  /** What `change` brings, as `type action id {attributes}`. */
  function eventsOf(change: () => void): readonly string[] {
    const seen: string[] = [];
    const stop = proposer.subscribe((events) => {
      for (const event of events) {
        const shown = clusterEvent(event, proposer.view.clusterMs);
        if (shown !== undefined) seen.push(words(shown));
      }
    });
    change();
    stop();
    return seen;
  }

  function words({ type, action, id, attributes }: ClusterEvent): string {
    return `${type} ${action} ${id} ${JSON.stringify(Object.fromEntries(attributes))}`;
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
    [
      'a node whose engine is gone',
      () => {
        const value = engineStatus(true);
        proposer.fixture.change({ ops: [putValue('n2', { kind: 'nodeStatus', value })] });
        const gone = engineStatus(false);
        proposer.fixture.change({ ops: [putValue('n2', { kind: 'nodeStatus', value: gone })] });
      },
      [
        'node update n2 {"name":"host2","state.old":"unknown","state.new":"ready"}',
        'node update n2 {"name":"host2","state.old":"ready","state.new":"down"}',
      ],
    ],
  ])('of %s', (_, change, expected) => {
    expect(eventsOf(change)).toEqual(expected);
  });
});
