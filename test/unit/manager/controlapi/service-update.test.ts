// Updates services through the control API over a real store: what is taken and given back, what is said of updates, and what
// a rollback is.
import { beforeEach, describe, expect, test } from 'vitest';
import type { ControlApi } from '../../../../manager/controlapi/control-api.ts';
import {
  newServiceLifecycle,
  newTaskDesired,
  newTaskPlacement,
  TaskState,
  UpdateState,
  type ServiceLifecycle,
  type Task,
} from '../../../../proto/gen/objects.ts';
import {
  newContainerSpec,
  newEndpointSpec,
  newPortConfig,
  newServiceMode,
  newTaskSpec,
  type ServiceSpec,
} from '../../../../proto/gen/specs.ts';
import { context, ControlRig, spec } from '../../../lib/control-rig.ts';
import { putValue } from '../../../lib/store-fixture.ts';
import type { StoreProposer } from '../../../lib/store-proposer.ts';

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

describe('an update', () => {
  const other = newTaskSpec({ container: newContainerSpec({ image: 'nginx:2' }) });
  const ports = (...published: number[]): ReturnType<typeof newEndpointSpec> =>
    newEndpointSpec({
      ports: published.map((publishedPort) => newPortConfig({ publishedPort, targetPort: 80 })),
    });

  async function update(fields: Partial<ServiceSpec>): Promise<void> {
    const { meta } = await api.getService(context, 'web');
    await api.updateService(context, 'web', meta.version, spec('web', fields));
  }

  async function rollBack(): Promise<void> {
    const { meta } = await api.getService(context, 'web');
    await api.updateService(context, 'web', meta.version, spec('web'), { rollback: true });
  }

  function say(fields: Partial<ServiceLifecycle>): void {
    const value = newServiceLifecycle(fields);
    proposer.fixture.change({ ops: [putValue('s1', { kind: 'serviceLifecycle', value })] });
  }

  test('takes the ports that it names, and gives back those that it names no more', async () => {
    await create(spec('web', { endpoint: ports(80, 81) }));
    await create(spec('db', { endpoint: ports(90) }));
    await update({ endpoint: ports(81, 82) });
    const held = proposer.view.claimsOf('s1').filter(({ space }) => space === 'port/tcp');
    expect(held.map(({ key }) => key)).toEqual(['81', '82']);
    await expect(update({ endpoint: ports(90) })).rejects.toMatchObject({ code: 'portConflict' });
    await rollBack();
    expect(proposer.view.claimOwner('port/tcp', '80')).toBe('s1');
    expect(proposer.view.claimOwner('port/tcp', '82')).toBeUndefined();
  });

  test.each([
    ['a new task ends what the last update said', UpdateState.updating, { task: other }, false],
    ['new labels leave an update that runs', UpdateState.updating, { labels: new Map() }, true],
    ['anything ends a pause', UpdateState.paused, { labels: new Map() }, false],
    ['anything ends what is over', UpdateState.rollbackCompleted, { labels: new Map() }, false],
  ] as const)('%s', async (_, updateState, fields, stays) => {
    await create(spec('web'));
    say({ updateState });
    await update(fields);
    const { lifecycle } = await api.getService(context, 'web');
    expect(lifecycle?.updateState).toBe(stays ? updateState : undefined);
  });

  test('by rollback puts the previous spec back, and back again', async () => {
    await create(spec('web'));
    await expect(rollBack()).rejects.toMatchObject({
      code: 'failedPrecondition',
      fields: { service: 's1' },
    });
    const first = (await api.getService(context, 'web')).spec;
    await update({ task: other });
    const second = (await api.getService(context, 'web')).spec;
    await rollBack();
    const back = await api.getService(context, 'web');
    expect([back.spec, back.previousSpec]).toEqual([first, second]);
    expect(back.lifecycle).toMatchObject({
      updateState: UpdateState.rollbackStarted,
      message: 'manually requested rollback',
    });
    await rollBack();
    expect((await api.getService(context, 'web')).spec).toEqual(second);
  });

  test('that was rolled back by itself leaves nothing to go back to', async () => {
    await create(spec('web'));
    const failedVersion = (await api.getService(context, 'web')).meta.version;
    await update({ task: other });
    say({ updateState: UpdateState.rollbackStarted, failedVersion });
    expect((await api.getService(context, 'web')).previousSpec).toBeUndefined();
    await expect(rollBack()).rejects.toMatchObject({ code: 'failedPrecondition' });
  });
});

describe('a global service', () => {
  test('counts the tasks that are meant to run, and names them by node', async () => {
    const mode = newServiceMode({ mode: { kind: 'global', value: {} } });
    await create(spec('web', { mode }));
    const { fixture } = proposer;
    const on = (
      nodeId: string,
      state: TaskState,
    ): Partial<Task> & { readonly serviceId: string } => ({
      serviceId: 's1',
      slot: 0,
      placement: newTaskPlacement({ nodeId, placedAtMs: 5 }),
      desired: newTaskDesired({ state }),
    });
    fixture.task('one', on('n1', TaskState.running));
    fixture.task('two', on('n2', TaskState.shutdown));
    const [view] = await api.listServices(context, new Map(), true);
    expect(view?.status).toMatchObject({ desiredTasks: 1, runningTasks: 0 });
    const found = await api.getTask(context, 'web.n1.one');
    expect(found.status.message).toBe('scheduler confirmed task can run on preassigned node');
    const { meta } = await api.getService(context, 'web');
    await expect(
      api.updateService(context, 'web', meta.version, spec('web')),
    ).rejects.toMatchObject({ code: 'notImplemented' });
  });
});
