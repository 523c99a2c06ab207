// Joins real daemons to one another over real sockets of the loopback, each with an address and a data root of its own and an engine in memory: as a worker, as a
// manager, and in every way that has to fail.
import { afterEach, describe, expect, test } from 'vitest';

import { MemberDaemon } from './lib/member-daemon.ts';

const stack: MemberDaemon[] = [];

afterEach(async () => {
  await Promise.all(stack.splice(0).map((daemon) => daemon[Symbol.asyncDispose]()));
});

/** Nodes on addresses of their own: 127.0.0.11, 12, ... */
async function nodes(...names: readonly string[]): Promise<readonly MemberDaemon[]> {
  const started = await Promise.all(
    names.map((name, index) =>
      MemberDaemon.start(name, `127.0.0.${String(11 + stack.length + index)}:24770`),
    ),
  );
  stack.push(...started);
  return started;
}

async function founded(): Promise<MemberDaemon> {
  const [founder] = await nodes('one');
  if (founder === undefined) throw new Error('no founder');
  await founder.init();
  return founder;
}

async function another(name: string): Promise<MemberDaemon> {
  const [node] = await nodes(name);
  if (node === undefined) throw new Error('no node');
  return node;
}

async function awaitReady(manager: MemberDaemon, name: string): Promise<void> {
  await manager.until(`${name} is ready`, async () => {
    return (await manager.nodes()).get(name)?.Status.State === 'ready';
  });
}

describe('a node joins', () => {
  test('as a worker: it is ready, knows its manager, and cannot change the swarm', async () => {
    const founder = await founded();
    const worker = await another('two');
    const { Worker } = await founder.tokens();
    expect(await worker.join([founder.address], Worker)).toMatchObject({ status: 200 });
    expect(await worker.swarm()).toMatchObject({
      LocalNodeState: 'active',
      ControlAvailable: false,
      NodeAddr: '127.0.0.12',
      RemoteManagers: [{ Addr: founder.address }],
    });
    await awaitReady(founder, 'two');
    expect((await founder.nodes()).get('two')).toMatchObject({ Spec: { Role: 'worker' } });
    expect(await founder.swarm()).toMatchObject({ Nodes: 2, Managers: 1 });
    const refused = await worker.ask('GET', '/services');
    expect(refused.status).toBe(503);
    expect(JSON.stringify(refused.json)).toContain("Worker nodes can't be used to view or modify");
  });

  test('as a manager: it serves the same cluster', async () => {
    const founder = await founded();
    const second = await another('two');
    const { Manager } = await founder.tokens();
    expect(await second.join([founder.address], Manager)).toMatchObject({ status: 200 });
    expect(await second.swarm()).toMatchObject({
      LocalNodeState: 'active',
      ControlAvailable: true,
      Nodes: 2,
      Managers: 2,
    });
    await awaitReady(second, 'two');
    expect(await second.create('web')).toBe(201);
    const { json } = await founder.ask('GET', '/services');
    expect(json).toMatchObject([{ Spec: { Name: 'web' } }]);
  });

  test('and learns of managers that come later, so that it outlives the one that took it in', async () => {
    const founder = await founded();
    const worker = await another('two');
    const { Worker, Manager } = await founder.tokens();
    expect(await worker.join([founder.address], Worker)).toMatchObject({ status: 200 });
    // Two that are left are a quorum of three: managers without one take no sessions.
    for (const name of ['three', 'four']) {
      const manager = await another(name);
      expect(await manager.join([founder.address], Manager)).toMatchObject({ status: 200 });
    }
    await worker.until('it knows all', async () => {
      const known = (await worker.swarm()).RemoteManagers ?? [];
      return known.length === 3;
    });
    await founder.end('SIGTERM');
    await worker.end('SIGKILL');
    await worker.start();
    await worker.until('a session with another', async () => {
      return (await worker.swarm()).LocalNodeState === 'active';
    });
  });

  test('and is the same node after it was killed', async () => {
    const founder = await founded();
    const worker = await another('two');
    await worker.join([founder.address], (await founder.tokens()).Worker);
    const { NodeID } = await worker.swarm();
    await worker.end('SIGKILL');
    await worker.start();
    await worker.until('it is active', async () => {
      return (await worker.swarm()).LocalNodeState === 'active';
    });
    expect((await worker.swarm()).NodeID).toBe(NodeID);
    await awaitReady(founder, 'two');
  });
});

describe('a node that does not join stays free', () => {
  test.each([
    ['without a token', '', 400, 'invalid join token'],
    ['with a token of another form', 'SWMTKN-2-x-y', 400, 'invalid join token'],
  ])('%s', async (_, token, status, text) => {
    const free = await another('free');
    const refused = await free.join(['127.0.0.99:24770'], token);
    expect([refused.status, refused.json]).toEqual([
      status,
      { message: expect.stringContaining(text) as string },
    ]);
    expect((await free.swarm()).LocalNodeState).toBe('inactive');
  });

  test('with a wrong secret, a wrong root, or a manager that is not there; and joins then', async () => {
    const founder = await founded();
    const free = await another('free');
    const { Worker } = await founder.tokens();
    const [, , digest = '', secret = ''] = Worker.split('-');
    const swapped = secret.startsWith('0') ? `1${secret.slice(1)}` : `0${secret.slice(1)}`;
    const wrongSecret = await free.join([founder.address], `SWMTKN-1-${digest}-${swapped}`);
    expect(wrongSecret).toEqual({
      status: 400,
      json: {
        message:
          'rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster',
      },
    });
    const otherRoot = `SWMTKN-1-${'0'.repeat(50)}-${secret}`;
    const wrongRoot = await free.join([founder.address], otherRoot);
    expect(wrongRoot).toEqual({
      status: 400,
      json: {
        message: `remote CA does not match fingerprint. Expected: ${'0'.repeat(64)}`,
      },
    });
    const dead = await free.join(['127.0.0.99:24770'], Worker);
    expect(dead.status).toBe(503);
    expect(JSON.stringify(dead.json)).toContain('127.0.0.99:24770 (');
    expect((await free.swarm()).LocalNodeState).toBe('inactive');
    expect((await founder.swarm()).Nodes).toBe(1);
    expect(await free.join(['127.0.0.99:24770', founder.address], Worker)).toMatchObject({
      status: 200,
    });
    const twice = await free.join([founder.address], Worker);
    expect(twice.status).toBe(503);
    expect(JSON.stringify(twice.json)).toContain('This node is already part of a swarm');
  });

  test('whose port is taken', async () => {
    const founder = await founded();
    const free = await another('free');
    const { Manager } = await founder.tokens();
    const refused = await free.join([founder.address], Manager, { ListenAddr: founder.address });
    expect(refused.status).toBe(503);
    expect(JSON.stringify(refused.json)).toContain(
      `a manager cannot listen on ${founder.address} (`,
    );
    expect((await founder.swarm()).Nodes).toBe(1);
  });
});

test('a worker leaves without force, and joins again as another node', async () => {
  const founder = await founded();
  const worker = await another('two');
  const { Worker } = await founder.tokens();
  await worker.join([founder.address], Worker);
  const { NodeID } = await worker.swarm();
  expect(await worker.ask('POST', '/swarm/leave')).toMatchObject({ status: 200 });
  expect((await worker.swarm()).LocalNodeState).toBe('inactive');
  expect(await worker.join([founder.address], Worker)).toMatchObject({ status: 200 });
  expect((await worker.swarm()).NodeID).not.toBe(NodeID);
  await founder.until('the node that left is down', async () => {
    const { json } = await founder.ask('GET', `/nodes/${NodeID}`);
    return (json as { Status: { State: string } }).Status.State === 'down';
  });
});
