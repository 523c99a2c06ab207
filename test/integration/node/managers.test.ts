// Runs three managers as real daemons over real sockets of the loopback, and takes from them what can be taken: leader, log, role, quorum, membership.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { MemberDaemon, type NodeRow } from './lib/member-daemon.ts';

const names = ['one', 'two', 'three'] as const;

let members: ReadonlyMap<string, MemberDaemon>;

function member(name: string): MemberDaemon {
  const found = members.get(name);
  if (found === undefined) throw new Error(`no member ${name}`);
  return found;
}

beforeEach(async () => {
  const started = await Promise.all(
    names.map((name, index) => MemberDaemon.start(name, `127.0.0.${String(21 + index)}:24780`)),
  );
  members = new Map(started.map((daemon) => [daemon.name, daemon]));
  await member('one').init();
  const { Manager } = await member('one').tokens();
  for (const name of ['two', 'three'])
    expect(await member(name).join([member('one').address], Manager)).toMatchObject({
      status: 200,
    });
  await awaitManagers('one', 3);
  await member('one').until('all of them vote', async () => {
    const log = await member('one').log(Infinity);
    return log.match(/"kind":"promote".*"outcome":"committed"/g)?.length === 2;
  });
});

afterEach(async () => {
  await Promise.all([...members.values()].map((daemon) => daemon[Symbol.asyncDispose]()));
});

/** Waits until `count` managers are reachable, as `name` sees it. */
async function awaitManagers(name: string, count: number): Promise<void> {
  await member(name).until(`${String(count)} managers are reachable`, async () => {
    const rows = [...(await member(name).nodes()).values()];
    const reachable = rows.filter((row) => row.ManagerStatus?.Reachability === 'reachable');
    return reachable.length === count;
  });
}

async function services(name: string): Promise<readonly string[]> {
  const { json } = await member(name).ask('GET', '/services');
  return (json as readonly { Spec: { Name: string } }[]).map(({ Spec }) => Spec.Name).toSorted();
}

async function row(seenFrom: string, name: string): Promise<NodeRow> {
  const found = (await member(seenFrom).nodes()).get(name);
  if (found === undefined) throw new Error(`${seenFrom} knows no node ${name}`);
  return found;
}

async function setRole(by: string, name: string, role: 'manager' | 'worker'): Promise<void> {
  const { ID } = await row(by, name);
  const { json } = await member(by).ask('GET', `/nodes/${ID}`);
  const { Version, Spec } = json as { Version: { Index: number }; Spec: object };
  const path = `/nodes/${ID}/update?version=${String(Version.Index)}`;
  const answer = await member(by).ask('POST', path, { ...Spec, Role: role });
  expect(answer).toMatchObject({ status: 200 });
}

test('each of them takes changes, and all show the same', async () => {
  for (const name of names) expect(await member(name).create(`by-${name}`)).toBe(201);
  for (const name of names) expect(await services(name)).toEqual(['by-one', 'by-three', 'by-two']);
});

test('a leader that is killed is replaced, and is one of them again when it is back', async () => {
  await member('one').end('SIGKILL');
  await member('two').until(
    'a change is taken',
    async () => (await member('two').create('after')) === 201,
  );
  expect(await services('three')).toEqual(['after']);
  await member('one').start();
  await awaitManagers('two', 3);
  expect(await services('one')).toEqual(['after']);
});

test('a leader that is stopped hands over first: the next change is taken at once', async () => {
  expect(await member('one').end('SIGTERM')).toBe(0);
  expect(await member('two').create('after')).toBe(201);
});

test('a manager that lost its log comes back by itself, as another member of the same node', async () => {
  const { ID } = await row('one', 'three');
  await member('three').end('SIGKILL');
  expect(await member('one').create('meanwhile')).toBe(201);
  await rm(join(member('three').dataRoot, 'raft'), { recursive: true });
  await member('three').start();
  await member('three').until('it serves', async () => {
    return (await member('three').swarm()).ControlAvailable;
  });
  expect(await services('three')).toEqual(['meanwhile']);
  await awaitManagers('one', 3);
  expect((await row('one', 'three')).ID).toBe(ID);
});

test('a manager whose data root was put back from a copy is found out, and comes back as another member of the same node', async () => {
  const three = member('three');
  const copy = join(three.directory, 'copy');
  const { ID } = await row('one', 'three');
  await three.end('SIGTERM');
  await cp(three.dataRoot, copy, { recursive: true });
  await three.start();
  await awaitManagers('one', 3);
  expect(await member('three').create('acknowledged')).toBe(201);
  await three.end('SIGTERM');
  await rm(three.dataRoot, { recursive: true });
  await cp(copy, three.dataRoot, { recursive: true });
  await three.start();
  await three.until('it says so', async () =>
    /older than what it has acknowledged.*start this node again/.test(await three.log(Infinity)),
  );
  await three.end('SIGTERM');
  await three.start();
  await three.until('it serves', async () => (await three.swarm()).ControlAvailable);
  expect(await services('three')).toEqual(['acknowledged']);
  await awaitManagers('one', 3);
  expect((await row('one', 'three')).ID).toBe(ID);
});

describe('a role that is changed', () => {
  test('makes a worker of a manager, and a manager of a worker, in the running process', async () => {
    await setRole('one', 'three', 'worker');
    await member('three').until('it is a worker', async () => {
      const { LocalNodeState, ControlAvailable } = await member('three').swarm();
      return LocalNodeState === 'active' && !ControlAvailable;
    });
    await member('one').until('it is ready', async () => {
      const { Status, ManagerStatus } = await row('one', 'three');
      return Status.State === 'ready' && ManagerStatus === undefined;
    });
    await setRole('one', 'three', 'manager');
    await member('three').until('it serves', async () => {
      return (await member('three').swarm()).ControlAvailable;
    });
    expect(await member('three').create('web')).toBe(201);
    expect((await row('one', 'three')).ManagerStatus?.Addr).toBe(member('three').address);
  });

  test('reaches a manager that was away meanwhile', async () => {
    await member('three').end('SIGKILL');
    await setRole('one', 'three', 'worker');
    await member('one').until('it is no manager', async () => {
      return (await row('one', 'three')).ManagerStatus === undefined;
    });
    await member('three').start();
    await member('three').until('it is a worker', async () => {
      const { LocalNodeState, ControlAvailable } = await member('three').swarm();
      return LocalNodeState === 'active' && !ControlAvailable;
    });
  });
});

test('a node that was removed while it was away says so, and can leave and join again', async () => {
  await member('three').end('SIGKILL');
  await setRole('one', 'three', 'worker');
  await member('one').until('it is no manager, and down', async () => {
    const { ManagerStatus, Status } = await row('one', 'three');
    return ManagerStatus === undefined && Status.State === 'down';
  });
  const { ID } = await row('one', 'three');
  expect(await member('one').ask('DELETE', `/nodes/${ID}`)).toMatchObject({ status: 200 });
  await member('three').start();
  await member('three').until('it says so', async () => {
    return (await member('three').swarm()).Error.includes('was removed from the swarm');
  });
  expect((await member('three').swarm()).LocalNodeState).toBe('error');
  expect(await member('three').ask('POST', '/swarm/leave?force=1')).toMatchObject({ status: 200 });
  const { Worker } = await member('one').tokens();
  expect(await member('three').join([member('two').address], Worker)).toMatchObject({
    status: 200,
  });
});

test('the last of them goes on alone when told to, with all that was acknowledged', async () => {
  expect(await member('one').create('kept')).toBe(201);
  for (const name of ['one', 'two']) await member(name).end('SIGKILL');
  expect(await member('three').create('refused')).toBe(500);
  const elsewhere = member('three').address.replace(/\d+$/, '24790');
  const recovered = await member('three').ask('POST', '/swarm/init', {
    ListenAddr: elsewhere,
    ForceNewCluster: true,
    Spec: {},
  });
  expect(recovered).toMatchObject({ status: 200 });
  expect(await services('three')).toContain('kept');
  expect(await member('three').create('alone')).toBe(201);
  expect(await member('three').swarm()).toMatchObject({
    Managers: 1,
    RemoteManagers: [{ Addr: elsewhere }],
  });
  await member('one').start();
  expect(await member('one').ask('POST', '/swarm/leave?force=1')).toMatchObject({ status: 200 });
  const { Manager } = await member('three').tokens();
  expect(await member('one').join([elsewhere], Manager)).toMatchObject({ status: 200 });
  expect(await services('one')).toEqual(expect.arrayContaining(['alone', 'kept']));
  await member('three').end('SIGKILL');
  await member('three').start();
  await member('three').until('it serves', async () => {
    return (await member('three').swarm()).ControlAvailable;
  });
  await member('one').until(
    'a change is taken',
    async () => (await member('one').create('on')) === 201,
  );
});
