// Uses the cluster as the HTTP API does, over a real store, and shows what changes, what is found and what is refused.
import { beforeEach, describe, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import type { Filters } from '../../../../common/ports/cluster-api.ts';
import { ControlApi } from '../../../../manager/controlapi/control-api.ts';
import type { SetRequest } from '../../../../manager/proposer/port.ts';
import { createOp } from '../../../../manager/store/ops.ts';
import type { StoreView } from '../../../../manager/store/view.ts';
import {
  newAuthority,
  newAuthorityKeys,
  newCluster,
  newClusterLifecycle,
  newServiceEndpoint,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import {
  newClusterSpec,
  newContainerSpec,
  newEndpointSpec,
  newPortConfig,
  newTaskSpec,
  NodeAvailability,
  NodeRole,
  PublishMode,
} from '../../../../proto/gen/specs.ts';
import type { PortConfig, ServiceSpec } from '../../../../proto/gen/specs.ts';
import { context, ControlRig, noLogs, spec } from '../../../lib/control-rig.ts';
import { putValue, StoreFixture } from '../../../lib/store-fixture.ts';
import { StoreProposer } from '../../../lib/store-proposer.ts';

const none: Filters = new Map();

function filters(name: string, ...values: readonly string[]): Filters {
  return new Map([[name, values]]);
}

function publishing(name: string, ...ports: readonly Partial<PortConfig>[]): ServiceSpec {
  const all = ports.map((port) => newPortConfig({ targetPort: 80, publishedPort: 8080, ...port }));
  return spec(name, { endpoint: newEndpointSpec({ ports: all }) });
}

let rig: ControlRig;
let api: ControlApi;
let proposer: StoreProposer;

beforeEach(() => {
  rig = new ControlRig();
  ({ api, proposer } = rig);
});

function create(wanted: ServiceSpec): Promise<string> {
  return rig.create(wanted);
}

function populate(): Promise<void> {
  return rig.populate();
}

describe('on a manager that is behind', () => {
  const old = (): StoreView => new StoreFixture().view;

  test('a change that needs nothing else waits for nobody', async () => {
    await create(spec('web'));
    expect(proposer.barriers).toBe(0);
    expect(proposer.requests).toHaveLength(1);
  });

  test('a name that is taken is found where the change takes effect', async () => {
    await create(spec('web'));
    proposer.lagAt(old());
    await expect(create(spec('web'))).rejects.toMatchObject({ code: 'nameConflict' });
  });

  test('what it does not know yet is looked for behind a barrier', async () => {
    await create(spec('web'));
    const { meta } = await api.getService(context, 'web');
    proposer.lagAt(old());
    await api.updateService(context, 'web', meta.version, spec('web', {}, 2));
    expect((await api.getService(context, 'web')).meta.version).toBeGreaterThan(meta.version);
    proposer.lagAt(old());
    await api.removeService(context, 'web');
    await expect(api.getService(context, 'web')).rejects.toMatchObject({ code: 'notFound' });
  });

  test.each(['create', 'update'] as const)(
    'ports of other services are looked at behind a barrier (%s)',
    async (verb) => {
      await create(publishing('other', { publishMode: PublishMode.host }));
      await create(spec('web'));
      const { meta } = await api.getService(context, 'web');
      const stale = new StoreFixture();
      const known = proposer.requests.at(-1);
      if (known !== undefined) stale.apply({ ...known, actor: 'user:root' });
      proposer.lagAt(stale.view);
      const wanted = publishing(verb === 'create' ? 'new' : 'web', {});
      const done =
        verb === 'create'
          ? create(wanted)
          : api.updateService(context, 'web', meta.version, wanted);
      await expect(done).rejects.toMatchObject({ code: 'portConflict' });
    },
  );
});

describe('creating a service', () => {
  test('makes it, for the user who asked', async () => {
    expect(await create(spec('web'))).toBe('s1');
    const view = await api.getService(context, 'web');
    expect(view).toMatchObject({ meta: { id: 's1' }, spec: { name: 'web' }, status: undefined });
    expect(view.meta.version).toBe(proposer.view.revision);
    expect(proposer.requests).toMatchObject([
      { actor: { kind: 'user', name: 'root' }, traceId: 'trace', term: 0 },
    ]);
  });

  test('is refused when the name is taken, in whatever case', async () => {
    await create(spec('web'));
    await expect(create(spec('WEB'))).rejects.toMatchObject({
      code: 'nameConflict',
      fields: { kind: 'service', name: 'WEB', id: 's1' },
    });
  });

  test('is refused when the name is taken in this very moment', async () => {
    proposer.answerOnce(async (set) => {
      proposer.commit({ ...set, ...(await competing('web')) });
      return proposer.commit(set);
    });
    await expect(create(spec('web'))).rejects.toMatchObject({ code: 'nameConflict' });
    expect(proposer.requests).toHaveLength(1);
  });

  test.each([
    ['ingress', 'ingress', 'ingress'],
    ['ingress', 'host', 'ingress'],
    ['host', 'ingress', 'host'],
  ] as const)(
    'is refused when its port, taken in %s mode, is wanted in %s mode',
    async (first, second, mode) => {
      await create(publishing('web', { publishMode: PublishMode[first] }));
      await expect(
        create(publishing('other', { publishMode: PublishMode[second] })),
      ).rejects.toMatchObject({
        code: 'portConflict',
        fields: { port: 8080, protocol: 'tcp', service: 'web', id: 's1', mode },
      });
    },
  );

  test('lets host-mode ports meet: they do so on a node only', async () => {
    await create(publishing('web', { publishMode: PublishMode.host }));
    await create(publishing('other', { publishMode: PublishMode.host }));
  });

  test('gives a port back when the service goes', async () => {
    await create(publishing('web', {}));
    await api.removeService(context, 'web');
    expect(proposer.view.claimsOf('s1')).toEqual([]);
    await create(publishing('other', {}));
  });

  test('is refused for a spec that cannot be run', async () => {
    await expect(create(spec('web', { task: undefined }))).rejects.toMatchObject({
      code: 'invalidArgument',
    });
    expect(proposer.requests).toEqual([]);
  });

  test.each([
    [{ kind: 'unknown' }, 'unknownOutcome'],
    [{ kind: 'dropped', reason: 'notLeader' }, 'lostQuorum'],
    [{ kind: 'dropped', reason: 'stopping' }, 'lostQuorum'],
    [{ kind: 'dropped', reason: 'tooBusy' }, 'tooBusy'],
    [{ kind: 'dropped', reason: 'diskFull' }, 'diskFull'],
    [{ kind: 'refused', refusal: { kind: 'level' } }, 'levelTooLow'],
    [{ kind: 'refused', refusal: { kind: 'invalid', message: 'm' } }, 'internal'],
  ] as const)('whose set ends %j fails so', async (outcome, code) => {
    proposer.answerOnce(outcome);
    await expect(create(spec('web'))).rejects.toMatchObject({ code });
  });

  test('is tried again when the store had moved on, and not for ever', async () => {
    const refusal = { kind: 'claim', space: 'port/tcp', key: '1', owner: 'x' } as const;
    proposer.answerOnce({ kind: 'refused', refusal });
    await create(spec('web'));
    expect(proposer.requests).toHaveLength(2);
    expect(new Set(proposer.requests.map(({ id }) => id)).size).toBe(2);
    for (let round = 0; round < 20; round += 1) proposer.answerOnce({ kind: 'refused', refusal });
    await expect(create(spec('other'))).rejects.toMatchObject({ code: 'conflict' });
  });
});

/** What another user's creation of a service of that name is. */
async function competing(name: string): Promise<Pick<SetRequest, 'id' | 'claims' | 'ops'>> {
  const other = new StoreProposer();
  const elsewhere = new ControlApi({
    proposer: other,
    logs: noLogs,
    leaderNodeId: () => '',
    isReachable: () => true,
    canGo: () => true,
    newSetId: () => asId<'set'>('competing'),
    newServiceId: () => asId<'service'>('other'),
  });
  await elsewhere.createService(context, spec(name));
  const [set] = other.requests;
  if (set === undefined) throw new Error('nothing was asked for');
  return { id: set.id, claims: set.claims, ops: set.ops };
}

describe('updating a service', () => {
  test('scales it, and keeps what it was', async () => {
    await create(spec('web'));
    const { meta } = await api.getService(context, 'web');
    const task = newTaskSpec({ container: newContainerSpec({ image: 'nginx:1' }) });
    await api.updateService(context, 's1', meta.version, spec('web', { task }, 5));
    const view = await api.getService(context, 'web');
    expect(view.spec.mode?.mode).toMatchObject({ value: { replicas: 5 } });
    expect(view.spec.task?.container?.registryAuth).toBe('');
    expect(view.previousSpec?.task?.container?.registryAuth).toBe('secret');
    expect(view.previousSpec?.mode?.mode).toMatchObject({ value: { replicas: 1 } });
  });

  test('is refused out of sequence, and not because something else than the spec changed', async () => {
    await create(spec('web'));
    const { meta } = await api.getService(context, 'web');
    const value = newServiceEndpoint({ specVersion: meta.version });
    proposer.fixture.change({ ops: [putValue('s1', { kind: 'serviceEndpoint', value })] });
    await api.updateService(context, 'web', meta.version, spec('web', {}, 2));
    await expect(
      api.updateService(context, 'web', meta.version, spec('web', {}, 3)),
    ).rejects.toMatchObject({ code: 'outOfSequence' });
  });

  test('that meets another in this very moment is out of sequence', async () => {
    await create(spec('web'));
    const { meta } = await api.getService(context, 'web');
    proposer.answerOnce((set) => {
      const value = spec('web', {}, 9);
      proposer.fixture.change({ ops: [putValue('s1', { kind: 'serviceSpec', value })] });
      return proposer.commit(set);
    });
    await expect(
      api.updateService(context, 'web', meta.version, spec('web', {}, 3)),
    ).rejects.toMatchObject({ code: 'outOfSequence' });
  });
});

describe('removing a service', () => {
  test('that is claimed for in this very moment leaves no claim behind', async () => {
    await create(spec('web'));
    proposer.answerOnce((set) => {
      proposer.fixture.change({
        claims: [{ space: 'address', key: '10.0.0.9', owner: 's1', giveBack: false }],
        ops: [putValue('s1', { kind: 'serviceEndpoint', value: newServiceEndpoint() })],
      });
      return proposer.commit(set);
    });
    await api.removeService(context, 'web');
    expect(proposer.view.service(asId<'service'>('s1'))).toBeUndefined();
    expect(proposer.view.claimsOf('s1')).toEqual([]);
  });

  test('that is not there is not found', async () => {
    await expect(api.removeService(context, 'nope')).rejects.toMatchObject({
      code: 'notFound',
      fields: { kind: 'service', ref: 'nope' },
    });
  });
});

describe('an object is found', () => {
  beforeEach(async () => {
    rig.ids = ['abc1', 'abc2', 'web'];
    for (const name of ['web', 'abc', 'other']) await create(spec(name));
  });

  test.each([
    ['abc1', 'abc1', 'its id'],
    ['abc', 'abc2', 'its name, before the beginning of an id'],
    ['web', 'web', 'its id, before a name'],
    ['we', 'web', 'the beginning of its id'],
    ['OTHER', 'web', 'its name, in whatever case'],
  ])('%s as %s by %s', async (ref, id) => {
    expect((await api.getService(context, ref)).meta.id).toBe(id);
  });

  test('unless several begin so, or none, or nothing is asked for', async () => {
    await expect(api.getService(context, 'ab')).rejects.toMatchObject({
      code: 'ambiguous',
      fields: { kind: 'service', ref: 'ab', matches: 2 },
    });
    for (const ref of ['zzz', '', '__proto__']) {
      await expect(api.getService(context, ref)).rejects.toMatchObject({ code: 'notFound' });
    }
  });
});

describe('lists', () => {
  beforeEach(populate);

  async function taskIds(wanted: Filters): Promise<readonly string[]> {
    return (await api.listTasks(context, wanted)).map(({ meta }) => meta.id);
  }

  test.each<[Filters, readonly string[]]>([
    [none, ['new', 'old']],
    [filters('id', 'ol'), ['old']],
    [filters('name', 'web.2'), ['new']],
    [filters('name', 'web'), ['new', 'old']],
    [filters('label', 'tier=front'), ['new', 'old']],
    [filters('label', 'tier=front', 'more'), ['new']],
    [filters('service', 'web'), ['new', 'old']],
    [filters('service', 's1', 'web', 's'), ['new', 'old']],
    [filters('node', 'n1'), ['old']],
    [filters('node', 'host1'), ['old']],
    [filters('desired-state', 'running'), ['new']],
    [filters('desired-state', 'shutdown', 'accepted'), ['old']],
    [filters('runtime', 'container'), ['new', 'old']],
    [filters('runtime', 'plugin'), []],
  ])('of tasks by %o hold %j', async (wanted, expected) => {
    expect(await taskIds(wanted)).toEqual(expected);
  });

  test.each(['service', 'node'])('of tasks by a %s that is not there find none', async (kind) => {
    await expect(taskIds(filters(kind, 'nope'))).rejects.toMatchObject({
      code: 'notFound',
      fields: { kind, ref: 'nope' },
    });
  });

  test('of tasks tell which are up to date: scaling and labels make none outdated, a new image does', async () => {
    expect(await taskIds(filters('_up-to-date', 'true'))).toEqual(['new', 'old']);
    const task = newTaskSpec({ container: newContainerSpec({ image: 'nginx:2' }) });
    const changed = spec('web', { task }, 3);
    proposer.fixture.change({ ops: [putValue('s1', { kind: 'serviceSpec', value: changed })] });
    expect(await taskIds(filters('_up-to-date', 'true'))).toEqual([]);
    expect(await taskIds(filters('_up-to-date', 'false'))).toEqual(['new', 'old']);
  });

  test.each<[string, Filters, Record<string, unknown>]>([
    ['tasks', filters('desired-state', 'x'), { filter: 'desired-state', value: 'x' }],
    ['tasks', filters('color', 'x'), { filter: 'color' }],
    ['services', filters('color', 'x'), { filter: 'color' }],
    ['nodes', filters('color', 'x'), { filter: 'color' }],
  ])('of %s by %o are refused', async (what, wanted, fields) => {
    const list = {
      tasks: () => api.listTasks(context, wanted),
      services: () => api.listServices(context, wanted, false),
      nodes: () => api.listNodes(context, wanted),
    }[what];
    await expect(list?.()).rejects.toMatchObject({ code: 'invalidArgument', fields });
  });

  test.each<[Filters, readonly string[]]>([
    [none, ['n1', 'n2']],
    [filters('id', 'n2'), ['n2']],
    [filters('name', 'host'), ['n1', 'n2']],
    [filters('role', 'manager'), ['n1']],
    [filters('membership', 'accepted'), ['n1', 'n2']],
    [filters('membership', 'pending'), []],
    [filters('label', 'gpu=yes'), ['n1']],
    [filters('node.label', 'zone'), ['n1']],
    [filters('node.label', 'zone=us'), []],
  ])('of nodes by %o hold %j', async (wanted, expected) => {
    const found = await api.listNodes(context, wanted);
    expect(found.map(({ meta }) => meta.id)).toEqual(expected);
  });

  test.each<[Filters, number]>([
    [none, 1],
    [filters('name', 'we'), 1],
    [filters('name', 'x'), 0],
    [filters('mode', 'replicated'), 1],
    [filters('mode', 'global'), 0],
    [filters('label', 'tier=back'), 0],
    [filters('runtime', 'container'), 1],
  ])('of services by %o hold %d', async (wanted, count) => {
    expect(await api.listServices(context, wanted, false)).toHaveLength(count);
  });

  test('of services count every task that runs, wanted or not', async () => {
    const [view] = await api.listServices(context, none, true);
    expect(view?.status).toEqual({ runningTasks: 1, desiredTasks: 3, completedTasks: 0 });
  });

  test('of networks hold them, and one is found', async () => {
    expect(await api.listNetworks(context)).toHaveLength(1);
    expect((await api.getNetwork(context, 'ingress')).meta.id).toBe('net1');
    expect((await api.getNetwork(context, 'net')).meta.id).toBe('net1');
  });
});

describe('views', () => {
  beforeEach(populate);

  test('of a task that is not placed say why, and when it was allocated', async () => {
    const view = await api.getTask(context, 'new');
    expect(view).toMatchObject({ serviceName: 'web', slot: 2, desiredState: TaskState.running });
    expect(view.status).toMatchObject({
      state: TaskState.pending,
      message: 'pending task scheduling',
      error: 'no suitable node',
      timestampMs: 3,
    });
  });

  test('of a task are found by its name', async () => {
    expect((await api.getTask(context, 'web.2.new')).meta.id).toBe('new');
    await expect(api.getTask(context, 'web.1.new')).rejects.toMatchObject({ code: 'notFound' });
  });

  test('of nodes tell managers, and who leads', async () => {
    expect((await api.getNode(context, 'host1')).manager).toEqual({
      leader: true,
      reachable: true,
      address: '10.1.1.1:2377',
    });
    expect((await api.getNode(context, 'n2')).manager).toBeUndefined();
  });
});

describe('a node', () => {
  beforeEach(populate);

  test('is drained', async () => {
    const { meta, spec: before } = await api.getNode(context, 'n1');
    const drained = { ...before, availability: NodeAvailability.drain };
    await api.updateNode(context, 'n1', meta.version, drained);
    expect((await api.getNode(context, 'n1')).spec.availability).toBe(NodeAvailability.drain);
    await expect(api.updateNode(context, 'n1', meta.version, drained)).rejects.toMatchObject({
      code: 'outOfSequence',
    });
  });

  test('that is the last manager is not demoted, and no manager is removed', async () => {
    const { meta, spec: before } = await api.getNode(context, 'n1');
    const demoted = { ...before, role: NodeRole.worker };
    await expect(api.updateNode(context, 'n1', meta.version, demoted)).rejects.toMatchObject({
      code: 'failedPrecondition',
      message: 'attempting to demote the last manager of the swarm',
    });
    await expect(api.removeNode(context, 'n1', true)).rejects.toMatchObject({
      code: 'failedPrecondition',
      fields: { node: 'n1', state: 'manager' },
    });
  });

  test('is promoted and demoted by its spec', async () => {
    const { meta, spec: before } = await api.getNode(context, 'n2');
    const promoted = { ...before, role: NodeRole.manager };
    await api.updateNode(context, 'n2', meta.version, promoted);
    const { meta: after, spec: now } = await api.getNode(context, 'n2');
    expect(now.role).toBe(NodeRole.manager);
    await api.updateNode(context, 'n2', after.version, before);
    expect((await api.getNode(context, 'n2')).spec.role).toBe(NodeRole.worker);
  });

  test('is removed once it is down, or by force, with all that it holds', async () => {
    await expect(api.removeNode(context, 'n2', false)).rejects.toMatchObject({
      code: 'failedPrecondition',
      fields: { node: 'n2', state: 'up' },
    });
    await api.removeNode(context, 'n2', true);
    await expect(api.getNode(context, 'n2')).rejects.toMatchObject({ code: 'notFound' });
    await expect(api.removeNode(context, 'nope', true)).rejects.toMatchObject({ code: 'notFound' });
  });
});

describe('the cluster', () => {
  const clusterSpec = newClusterSpec({ name: 'default', nodeCertExpiryNs: 7_776_000e9 });

  beforeEach(() => {
    const cluster = newCluster({
      id: 'c',
      spec: clusterSpec,
      lifecycle: newClusterLifecycle({ level: 1 }),
    });
    const keys = newAuthorityKeys({ workerJoinToken: 'w', managerJoinToken: 'm' });
    proposer.fixture.change({
      ops: [
        createOp({ kind: 'cluster', value: cluster }),
        createOp({ kind: 'authority', value: newAuthority({ id: 'c', keys }) }),
      ],
    });
  });

  test('is shown, with its tokens apart', async () => {
    expect(await api.getCluster(context)).toMatchObject({ meta: { id: 'c' }, spec: clusterSpec });
    expect(await api.getJoinTokens(context)).toEqual({ worker: 'w', manager: 'm' });
  });

  test.each([
    [{ name: 'x' }, 'invalidSpec', 'swarm spec must be named "default"'],
    [{ nodeCertExpiryNs: 1 }, 'invalidSpec', 'minimum certificate expiry time is: 1h0m0s'],
    [
      { heartbeatPeriodNs: -1 },
      'invalidSpec',
      'heartbeat time period cannot be a negative duration',
    ],
    [
      { autoLockManagers: true },
      'notImplemented',
      'EncryptionConfig.AutoLockManagers is not supported yet',
    ],
  ])('is not updated with %j', async (fields, code, message) => {
    const { meta } = await api.getCluster(context);
    const wanted = { ...clusterSpec, ...fields };
    await expect(api.updateCluster(context, meta.version, wanted)).rejects.toMatchObject({
      code,
      message,
    });
  });

  test('is updated in sequence only', async () => {
    const { meta } = await api.getCluster(context);
    const wanted = { ...clusterSpec, taskHistoryRetentionLimit: 9 };
    await api.updateCluster(context, meta.version, wanted);
    expect((await api.getCluster(context)).spec.taskHistoryRetentionLimit).toBe(9);
    await expect(api.updateCluster(context, meta.version, wanted)).rejects.toMatchObject({
      code: 'outOfSequence',
    });
  });

  test('that is not there is not found', async () => {
    proposer = new StoreProposer();
    const empty = new ControlApi({
      proposer,
      logs: noLogs,
      leaderNodeId: () => '',
      isReachable: () => true,
      canGo: () => true,
      newSetId: proposer.newSetId,
      newServiceId: () => asId<'service'>('s'),
    });
    await expect(empty.getCluster(context)).rejects.toMatchObject({ code: 'notFound' });
    await expect(empty.getJoinTokens(context)).rejects.toMatchObject({ code: 'notFound' });
  });
});
