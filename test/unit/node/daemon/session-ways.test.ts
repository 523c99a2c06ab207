// Shows which manager a worker turns to: its own node's while that serves, else one of the address book, none twice before all were tried.
import { beforeEach, describe, expect, test } from 'vitest';

import type { DialedChannel, RpcChannel } from '../../../../common/ports/rpc.ts';
import { asId } from '../../../../common/pure/ids.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { SessionWays } from '../../../../node/daemon/session-ways.ts';
import { IdentityFile } from '../../../../node/identity/identity.ts';
import type { Identity } from '../../../../node/identity/identity.ts';
import { KeptIdentity } from '../../../../node/identity/kept-identity.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

const never = new AbortController().signal;
const own = { name: 'own' } as unknown as RpcChannel;

let isServing: boolean;
let dialed: string[];
let closed: string[];

beforeEach(() => {
  isServing = false;
  dialed = [];
  closed = [];
});

/** Of node `m1`. */
function ways(...names: readonly string[]): SessionWays {
  const managers = names.map((name, index) => ({
    nodeId: asId<'node'>(name),
    address: `${name}:2377`,
    raftId: index + 1,
  }));
  const identity = { nodeId: asId<'node'>('m1'), managers } as unknown as Identity;
  const disk = new MemoryDisk({ random: seededRandom(1) });
  return new SessionWays({
    identity: new KeptIdentity(new IdentityFile(disk, '/n'), identity, false),
    dialer: {
      dial: ({ address }) => {
        dialed.push(address);
        return {
          [Symbol.asyncDispose]: () => {
            closed.push(address);
            return Promise.resolve();
          },
        } as unknown as DialedChannel;
      },
    },
    random: seededRandom(3),
    ownManager: () => (isServing ? { channel: () => own } : undefined),
  });
}

describe('a worker', () => {
  test('tries every manager before one again, and lets go of the one before', async () => {
    await using to = ways('m2', 'm3', 'm4');
    for (let round = 0; round < 2; round += 1) {
      dialed = [];
      for (let attempt = 0; attempt < 3; attempt += 1) await to.connect(never);
      expect(dialed.toSorted()).toEqual(['m2:2377', 'm3:2377', 'm4:2377']);
    }
    expect(closed).toHaveLength(5);
  });

  test('with one manager turns to that one again', async () => {
    await using to = ways('m2');
    await to.connect(never);
    await to.connect(never);
    expect(dialed).toEqual(['m2:2377', 'm2:2377']);
  });
});

describe('the worker of a manager', () => {
  test('turns to its own manager, and never dials its own node', async () => {
    await using to = ways('m1', 'm2');
    isServing = true;
    expect(await to.connect(never)).toBe(own);
    isServing = false;
    await to.connect(never);
    expect(dialed).toEqual(['m2:2377']);
  });

  test('waits for its own manager where there is no other', async () => {
    await using to = ways('m1');
    const connecting = to.connect(never);
    isServing = true;
    to.ownManagerServes();
    expect(await connecting).toBe(own);
  });

  test('moves to its own manager once that serves', async () => {
    await using to = ways('m1', 'm2');
    await to.connect(never);
    isServing = true;
    to.ownManagerServes();
    expect(closed).toEqual(['m2:2377']);
  });
});

test('closed ways lead nowhere, also for who waits', async () => {
  const to = ways('m1');
  const waiting = to.connect(never);
  await to[Symbol.asyncDispose]();
  await to[Symbol.asyncDispose]();
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
  await expect(to.connect(never)).rejects.toMatchObject({ code: 'unavailable' });
});
