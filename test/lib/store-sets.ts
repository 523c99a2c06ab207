import fc from 'fast-check';
import type { ChangeSet, Claim, Op, Read } from '../../proto/gen/changeset.ts';
import {
  Facet,
  Table,
  TaskState,
  newCluster,
  newNetwork,
  newNetworkAllocation,
  newNode,
  newNodeStatus,
  newService,
  newServiceEndpoint,
  newServiceLifecycle,
  newTask,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
} from '../../proto/gen/objects.ts';
import {
  newNetworkAttachmentConfig,
  newNetworkSpec,
  newServiceSpec,
  newTaskSpec,
} from '../../proto/gen/specs.ts';
import type { ServiceSpec } from '../../proto/gen/specs.ts';
import {
  createOp,
  deleteFacetOp,
  deleteOp,
  giveBack,
  homeOf,
  readBucket,
  readOf,
  take,
} from '../../manager/store/ops.ts';
import { putValue } from './store-fixture.ts';

/** Few ids, so that sets meet one another. */
const nodeId = fc.constantFrom('n1', 'n2', 'n3');
const serviceId = fc.constantFrom('s1', 's2', 's3');
const networkId = fc.constantFrom('w1', 'w2');
const taskId = fc.integer({ min: 0, max: 12 }).map((n) => `t${n}`);
const state = fc.constantFrom(
  TaskState.ready,
  TaskState.running,
  TaskState.failed,
  TaskState.shutdown,
);
const unknown = fc.constantFrom(undefined, undefined, Uint8Array.of(0xfa, 0x3e, 1, 7));

const spec = fc
  .record({ name: fc.constantFrom('web', 'Web', 'db'), target: fc.option(networkId) })
  .map(({ name, target }) => {
    const networks = target === null ? [] : [newNetworkAttachmentConfig({ target })];
    return newServiceSpec({ name, task: newTaskSpec({ networks }) });
  });

/** Names are unique by claims, which these sets do not make: so each service has names of its own. */
function named(id: string, value: ServiceSpec): ServiceSpec {
  return { ...value, name: `${id}-${value.name}` };
}

const creates: fc.Arbitrary<Op> = fc.oneof(
  nodeId.map((id) => createOp({ kind: 'node', value: newNode({ id }) })),
  fc.constant(createOp({ kind: 'cluster', value: newCluster({ id: 'c' }) })),
  networkId.map((id) =>
    createOp({
      kind: 'network',
      value: newNetwork({ id, spec: newNetworkSpec({ name: `net-${id}` }) }),
    }),
  ),
  fc
    .record({ id: serviceId, value: spec })
    .map(({ id, value }) =>
      createOp({ kind: 'service', value: newService({ id, spec: named(id, value) }) }),
    ),
  fc
    .record({
      id: taskId,
      service: serviceId,
      slot: fc.integer({ min: 1, max: 3 }),
      desired: fc.option(state),
      unknown,
    })
    .map((task) =>
      createOp({
        kind: 'task',
        value: newTask({
          id: task.id,
          serviceId: task.service,
          slot: task.slot,
          ...(task.desired === null ? {} : { desired: newTaskDesired({ state: task.desired }) }),
          ...(task.unknown === undefined ? {} : { unknown: task.unknown }),
        }),
      }),
    ),
);

const taskPuts: fc.Arbitrary<Op> = fc.oneof(
  fc
    .record({ id: taskId, to: state })
    .map(({ id, to }) =>
      putValue(id, { kind: 'taskDesired', value: newTaskDesired({ state: to, delayMs: 5 }) }),
    ),
  fc
    .record({ id: taskId, node: nodeId })
    .map(({ id, node }) =>
      putValue(id, { kind: 'taskPlacement', value: newTaskPlacement({ nodeId: node }) }),
    ),
  fc.record({ id: taskId, network: networkId }).map(({ id, network }) =>
    putValue(id, {
      kind: 'taskNetwork',
      value: newTaskNetwork({
        addresses: [newTaskAddress({ networkId: network, address: '10.0.0.9/24' })],
      }),
    }),
  ),
  fc.record({ id: taskId, to: state, unknown }).map((status) =>
    putValue(status.id, {
      kind: 'taskStatus',
      value: newTaskStatus({
        state: status.to,
        message: 'said so',
        ...(status.unknown === undefined ? {} : { unknown: status.unknown }),
      }),
    }),
  ),
  taskId.map((key) => deleteFacetOp({ ...homeOf.taskNetwork, key })),
);

const otherPuts: fc.Arbitrary<Op> = fc.oneof(
  fc
    .record({ id: serviceId, value: spec })
    .map(({ id, value }) => putValue(id, { kind: 'serviceSpec', value: named(id, value) })),
  serviceId.map((id) => putValue(id, { kind: 'serviceEndpoint', value: newServiceEndpoint() })),
  serviceId.map((id) => putValue(id, { kind: 'serviceLifecycle', value: newServiceLifecycle() })),
  serviceId.map((key) => deleteFacetOp({ ...homeOf.serviceEndpoint, key })),
  nodeId.map((id) =>
    putValue(id, { kind: 'nodeStatus', value: newNodeStatus({ message: 'hello' }) }),
  ),
  networkId.map((id) =>
    putValue(id, { kind: 'networkAllocation', value: newNetworkAllocation({ vni: 4096 }) }),
  ),
);

const deletes: fc.Arbitrary<Op> = fc.oneof(
  taskId.map((key) => deleteOp(Table.tasks, key)),
  serviceId.map((key) => deleteOp(Table.services, key)),
  nodeId.map((key) => deleteOp(Table.nodes, key)),
  networkId.map((key) => deleteOp(Table.networks, key)),
);

const op: fc.Arbitrary<Op> = fc.oneof(
  { arbitrary: creates, weight: 5 },
  { arbitrary: taskPuts, weight: 4 },
  { arbitrary: otherPuts, weight: 2 },
  { arbitrary: deletes, weight: 1 },
);

const claim: fc.Arbitrary<Claim> = fc
  .record({
    space: fc.constantFrom('port/tcp', 'vni'),
    key: fc.constantFrom('1', '2', '3'),
    owner: fc.constantFrom('a', 'b'),
    back: fc.boolean(),
  })
  .map(({ space, key, owner, back }) => (back ? giveBack : take)(space, key, owner));

const read: fc.Arbitrary<Read> = fc.oneof(
  fc
    .record({ key: taskId, version: fc.integer({ min: 0, max: 3 }) })
    .map(({ key, version }) => readOf({ table: Table.tasks, key, facet: Facet.row }, version)),
  fc
    .record({
      name: fc.constantFrom('services', 'service/s1', 'node/n1', 'network/w1'),
      version: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ name, version }) => readBucket(name, version)),
);

/** One set over few ids: most take effect, many do not. */
export const anySet: fc.Arbitrary<Partial<ChangeSet>> = fc.record({
  term: fc.constantFrom(0, 0, 0, 1, 2),
  reads: fc.oneof({ arbitrary: fc.constant([]), weight: 5 }, fc.array(read, { maxLength: 2 })),
  claims: fc.array(claim, { maxLength: 2 }),
  ops: fc.array(op, { maxLength: 4 }),
});

/** Entries of sets, as a log has them. */
export const anyEntries: fc.Arbitrary<Partial<ChangeSet>[][]> = fc.array(
  fc.array(anySet, { minLength: 1, maxLength: 4 }),
  { minLength: 1, maxLength: 40 },
);
