// Runs real daemons over real sockets of the loopback and asks of their membership what people ask by mistake, twice, at once, or too early: each is refused in
// swarm mode's words, or comes to what was asked for last.
import { afterEach, describe, expect, test } from 'vitest';

import { MemberDaemon, type Answer } from './lib/member-daemon.ts';

const members = new Map<string, MemberDaemon>();

afterEach(async () => {
  await Promise.all([...members.values()].map((daemon) => daemon[Symbol.asyncDispose]()));
  members.clear();
});

function member(name: string): MemberDaemon {
  const found = members.get(name);
  if (found === undefined) throw new Error(`no member ${name}`);
  return found;
}

/** Starts daemons that belong to no swarm, each with an address of its own. */
async function startAll(...names: readonly string[]): Promise<void> {
  const first = members.size;
  const started = await Promise.all(
    names.map((name, index) =>
      MemberDaemon.start(name, `127.0.0.${String(41 + first + index)}:24780`),
    ),
  );
  for (const daemon of started) members.set(daemon.name, daemon);
}

/** A swarm of these managers, all of which vote. */
async function swarmOf(first: string, ...others: readonly string[]): Promise<void> {
  await startAll(first, ...others);
  await member(first).init();
  const { Manager } = await member(first).tokens();
  for (const name of others) expect(await joined(name, first, Manager)).toEqual(ok);
  await awaitVoters(first, 1 + others.length);
}

const ok = { status: 200, message: '' };

function refusal(
  status: number,
  text: string,
): { readonly status: number; readonly message: unknown } {
  return { status, message: expect.stringContaining(text) as unknown };
}

interface Said {
  readonly status: number;
  readonly message: string;
}

function said({ status, json }: Answer): Said {
  const message = (json as { readonly message?: string } | undefined)?.message ?? '';
  return { status, message };
}

async function joined(name: string, via: string, token: string): Promise<Said> {
  return said(await member(name).join([member(via).address], token));
}

/** Waits until so many managers were made voters by `name`, the founder included. */
async function awaitVoters(name: string, count: number): Promise<void> {
  await member(name).until(`${String(count)} vote`, async () => {
    const log = await member(name).log(Infinity);
    const promoted = log.match(/"kind":"promote".*"outcome":"committed"/g)?.length ?? 0;
    return promoted === count - 1 && (await reachable(name)) === count;
  });
}

async function reachable(name: string): Promise<number> {
  const rows = [...(await member(name).nodes()).values()];
  return rows.filter((row) => row.ManagerStatus?.Reachability === 'reachable').length;
}

async function idOf(by: string, name: string): Promise<string> {
  const row = (await member(by).nodes()).get(name);
  if (row === undefined) throw new Error(`${by} knows no node ${name}`);
  return row.ID;
}

async function setRole(by: string, name: string, role: 'manager' | 'worker'): Promise<Said> {
  const path = `/nodes/${await idOf(by, name)}`;
  const { json } = await member(by).ask('GET', path);
  const { Version, Spec } = json as { Version: { Index: number }; Spec: object };
  const change = `${path}/update?version=${String(Version.Index)}`;
  return said(await member(by).ask('POST', change, { ...Spec, Role: role }));
}

async function awaitRole(name: string, isManager: boolean): Promise<void> {
  await member(name).until(isManager ? 'it serves' : 'it is a worker', async () => {
    const { LocalNodeState, ControlAvailable } = await member(name).swarm();
    return LocalNodeState === 'active' && ControlAvailable === isManager;
  });
}

describe('the last manager', () => {
  test('is neither demoted nor removed, and does not leave unforced', async () => {
    await startAll('one', 'two');
    await member('one').init();
    const { Worker } = await member('one').tokens();
    expect(await joined('two', 'one', Worker)).toEqual(ok);
    expect(await setRole('one', 'one', 'worker')).toEqual(
      refusal(400, 'attempting to demote the last manager of the swarm'),
    );
    for (const force of ['', '?force=1']) {
      const id = await idOf('one', 'one');
      expect(said(await member('one').ask('DELETE', `/nodes/${id}${force}`))).toEqual(
        refusal(
          400,
          `node ${id} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal`,
        ),
      );
    }
    expect(said(await member('one').ask('POST', '/swarm/leave'))).toEqual(
      refusal(503, 'Removing the last manager erases all current state'),
    );
    // Nothing of that has done anything.
    expect(await member('one').create('web')).toBe(201);
    expect(await setRole('one', 'two', 'manager')).toEqual(ok);
    await awaitRole('two', true);
    expect(await setRole('two', 'one', 'worker')).toEqual(ok);
    await awaitRole('one', false);
    expect(await member('two').create('after')).toBe(201);
  });
});

describe('joining', () => {
  test('several managers at once are all taken in, and none twice', async () => {
    await startAll('one', 'two', 'three', 'four');
    await member('one').init();
    const { Manager, Worker } = await member('one').tokens();
    const names = ['two', 'three', 'four'];
    const all = await Promise.all(names.map((name) => joined(name, 'one', Manager)));
    expect(all).toEqual([ok, ok, ok]);
    await awaitVoters('one', 4);
    for (const token of [Manager, Worker])
      expect(await joined('two', 'one', token)).toEqual({
        status: 503,
        message:
          'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.',
      });
    for (const name of names) expect(await member(name).create(`by-${name}`)).toBe(201);
    expect((await member('one').nodes()).size).toBe(4);
  });

  test('without a leader is refused with the reason, leaves nothing, and works once there is one', async () => {
    await swarmOf('one', 'two', 'three');
    const { Worker } = await member('one').tokens();
    for (const name of ['one', 'two']) await member(name).end('SIGKILL');
    await startAll('four');
    const refused = await joined('four', 'three', Worker);
    expect(refused.status).toBe(503);
    expect(refused.message).toMatch(
      /no manager took this node in: 127\.0\.0\.43:24780 \((?:the swarm does not have a leader|no manager leads)/,
    );
    expect((await member('four').swarm()).LocalNodeState).toBe('inactive');
    await member('one').start();
    await member('three').until('there is a leader', async () => (await reachable('three')) === 2);
    expect(await joined('four', 'three', Worker)).toEqual(ok);
    await awaitRole('four', false);
  });
});

describe('a demotion', () => {
  test('that would lose the quorum is refused by any manager, and is taken when the others are back', async () => {
    await swarmOf('one', 'two', 'three');
    await member('three').end('SIGKILL');
    await member('two').until('it is missed', async () => (await reachable('two')) === 2);
    await member('one').until('it is missed', async () => (await reachable('one')) === 2);
    for (const by of ['one', 'two'])
      for (const name of ['one', 'two'])
        expect([by, name, await setRole(by, name, 'worker')]).toEqual([
          by,
          name,
          refusal(400, "can't remove member from the raft: this would result in a loss of quorum"),
        ]);
    expect(await member('two').create('on')).toBe(201);
    // Whoever is away may go.
    expect(await setRole('two', 'three', 'worker')).toEqual(ok);
    await member('two').until('it is no manager', async () => {
      return (await member('two').nodes()).get('three')?.ManagerStatus === undefined;
    });
    await member('three').start();
    await awaitRole('three', false);
  });

  test('and a promotion in quick turns come to what was said last', async () => {
    await swarmOf('one', 'two', 'three');
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await setRole('one', 'three', 'worker')).toEqual(ok);
      expect(await setRole('two', 'three', 'manager')).toEqual(ok);
    }
    await member('one').until('all are managers', async () => (await reachable('one')) === 3);
    await awaitRole('three', true);
    expect(await member('three').create('as-manager')).toBe(201);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await setRole('two', 'three', 'manager')).toEqual(ok);
      expect(await setRole('one', 'three', 'worker')).toEqual(ok);
    }
    await awaitRole('three', false);
    await member('one').until('two are managers', async () => (await reachable('one')) === 2);
    expect(await member('two').create('of-two')).toBe(201);
  });
});
