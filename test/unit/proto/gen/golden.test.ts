// Shows that the bytes on the wire and on disk stay what they are: every file in test/testdata/proto was written by an earlier
// version, and today's codecs still read and write exactly that. A change here breaks rolling upgrades.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type ChangeSet,
  decodeBatch,
  decodeSnapshotRecord,
  encodeBatch,
  encodeSnapshotRecord,
  newBatch,
  newChangeSet,
  newClaim,
  newDelete,
  newFacetVersion,
  newPut,
  newRead,
  newRow,
  newSnapshotRecord,
} from '../../../../proto/gen/changeset.ts';
import {
  decodeAssignment,
  decodeEndpointSet,
  encodeAssignment,
  encodeEndpointSet,
  newAssignment,
  newEndpoint,
  newEndpointSet,
} from '../../../../proto/gen/dispatcher.ts';
import { decodeJournalRecord, encodeJournalRecord } from '../../../../proto/gen/node.ts';
import {
  Facet,
  newTask,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
  Table,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import {
  encodeUpdateConfig,
  newContainerSpec,
  newPortConfig,
  newRestartPolicy,
  newTaskSpec,
  newUpdateConfig,
  PublishMode,
  RestartCondition,
} from '../../../../proto/gen/specs.ts';
import { contractFolder } from '../../../lib/contract.ts';

const folder = join(contractFolder, '..', 'test', 'testdata', 'proto');

async function expectGolden<T>(
  file: string,
  value: T,
  codec: { encode: (value: T) => Uint8Array; decode: (bytes: Uint8Array) => T },
): Promise<void> {
  const bytes = codec.encode(value);
  const lines = Buffer.from(bytes).toString('hex').replace(/.{64}/g, '$&\n');
  await expect(`${lines}\n`).toMatchFileSnapshot(join(folder, file));
  expect(codec.decode(bytes)).toStrictEqual(value);
}

const port = newPortConfig({ name: 'http', targetPort: 80, publishedPort: 8080 });

const task = newTask({
  id: 'c7zpb2ao4v6k0s1m3x9w8d5ft',
  serviceId: 'k0s1m3x9w8d5ftc7zpb2ao4v6',
  slot: 3,
  specVersion: 2 ** 40 + 1,
  createdAtMs: 1_767_225_600_123,
  desired: newTaskDesired({ state: TaskState.running }),
  placement: newTaskPlacement({ nodeId: 'n', placedAtMs: 1_767_225_600_456 }),
  network: newTaskNetwork({
    addresses: [newTaskAddress({ networkId: 'ingress', address: '10.0.0.7/24' })],
  }),
  status: newTaskStatus({
    state: TaskState.failed,
    timestampMs: 1_767_225_601_000,
    error: 'task: non-zero exit (137): café',
    containerId: 'f00d',
    pid: 4242,
    exitCode: -1,
    ports: [port],
  }),
});

const set: ChangeSet = newChangeSet({
  id: 'set-1',
  term: 7,
  actor: 'controller:replicated',
  reason: 'scale',
  traceId: 'trace',
  wallMs: 1_767_225_600_000,
  minLevel: 1,
  reads: [newRead({ table: Table.services, key: 's', facet: Facet.spec, version: 9 })],
  claims: [newClaim({ space: 'port/tcp', key: '8080', owner: 's', giveBack: true })],
  ops: [
    { op: { kind: 'create', value: { object: { kind: 'task', value: task } } } },
    { op: { kind: 'delete', value: newDelete({ table: Table.tasks, key: 't' }) } },
    {
      op: {
        kind: 'put',
        value: newPut({
          table: Table.tasks,
          key: 't',
          facet: Facet.desired,
          value: { kind: 'taskDesired', value: newTaskDesired({ state: TaskState.shutdown }) },
        }),
      },
    },
  ],
});

describe('golden bytes', () => {
  test('of a batch of change sets', async () => {
    await expectGolden('batch.hex', newBatch({ sets: [set, newChangeSet({ id: 'set-2' })] }), {
      encode: encodeBatch,
      decode: decodeBatch,
    });
  });

  test('of a row in a snapshot', async () => {
    const row = newRow({
      object: { kind: 'task', value: task },
      versions: [newFacetVersion({ facet: Facet.desired, version: 12 })],
      updatedAtMs: 99,
    });
    const record = newSnapshotRecord({ record: { kind: 'row', value: row } });
    await expectGolden('snapshot-row.hex', record, {
      encode: encodeSnapshotRecord,
      decode: decodeSnapshotRecord,
    });
  });

  test('of an assignment', async () => {
    const container = newContainerSpec({
      image: 'nginx:1.29@sha256:aa',
      labels: new Map([
        ['zeta', '1'],
        ['__proto__', '2'],
        ['alpha', ''],
      ]),
      command: ['sh', '-c', ''],
      env: ['A=1'],
      init: false,
      stopGracePeriodNs: 10_000_000_000,
      oomScoreAdj: -500,
    });
    const restart = newRestartPolicy({
      condition: RestartCondition.restartOnFailure,
      delayNs: 0,
      maxAttempts: 2 ** 53 - 1,
      windowNs: -1,
    });
    const assignment = newAssignment({
      taskId: task.id,
      serviceName: 'web',
      slot: 3,
      desiredState: TaskState.running,
      spec: newTaskSpec({ container, restart }),
      serviceLabels: new Map([['team', 'blue']]),
      hostPorts: [newPortConfig({ targetPort: 53, publishMode: PublishMode.host, protocol: 1 })],
    });
    await expectGolden('assignment.hex', assignment, {
      encode: encodeAssignment,
      decode: decodeAssignment,
    });
  });

  test('of an endpoint set and a journal record', async () => {
    const endpoints = newEndpointSet({
      serviceId: 's',
      serviceName: 'web',
      version: 300,
      ports: [port],
      endpoints: [newEndpoint({ taskId: 't', nodeId: 'n', address: '10.0.0.7' })],
    });
    await expectGolden('endpoint-set.hex', endpoints, {
      encode: encodeEndpointSet,
      decode: decodeEndpointSet,
    });
    const codec = { encode: encodeJournalRecord, decode: decodeJournalRecord };
    await expectGolden('journal-forget.hex', { record: { kind: 'forget', value: '' } }, codec);
  });

  test('are those that the protobuf specification gives', () => {
    const ratio = newUpdateConfig({ parallelism: 150, delayNs: -2, maxFailureRatio: 0.5 });

    expect(Buffer.from(encodeUpdateConfig(ratio)).toString('hex')).toBe(
      '08960110feffffffffffffffff0129000000000000e03f',
    );
  });
});
