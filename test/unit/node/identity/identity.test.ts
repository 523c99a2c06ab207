// Shows that an identity is there whole or not at all, and is refused with a cure when it cannot be used.
import { describe, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { IdentityFile } from '../../../../node/identity/identity.ts';
import type { Identity } from '../../../../node/identity/identity.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

const directory = '/root/node';
const path = `${directory}/identity.json`;

function identity(fields: Partial<Identity> = {}): Identity {
  return {
    nodeId: asId<'node'>('n'),
    clusterId: asId<'cluster'>('c'),
    role: 'manager',
    raftId: 2 ** 48 - 1,
    founderRaftId: 5,
    incarnation: 2,
    hasLog: true,
    certificatePem: 'certificate',
    privateKeyPem: 'key',
    trustRootPem: 'root',
    dataKey: Uint8Array.from({ length: 32 }, (_, index) => index),
    advertiseAddress: '10.0.0.1:2377',
    listenAddress: '0.0.0.0:2377',
    managers: [
      { nodeId: asId<'node'>('n'), address: '10.0.0.1:2377', raftId: 2 ** 48 - 1 },
      { nodeId: asId<'node'>('m'), address: '10.0.0.2:2377', raftId: 5 },
    ],
    ...fields,
  };
}

function disk(seed = 1): MemoryDisk {
  return new MemoryDisk({ random: seededRandom(seed) });
}

/** A disk on which the data root itself is there for good. */
async function root(seed = 1): Promise<MemoryDisk> {
  const on = disk(seed);
  await on.makeDirectory('/root');
  await on.syncDirectory('/');
  return on;
}

async function write(on: MemoryDisk, text: string): Promise<void> {
  await on.makeDirectory(directory);
  await using file = await on.open(path, 'create');
  await file.write(0, Buffer.from(text));
}

describe('an identity', () => {
  test('is not there at first, is kept as it was, and is replaced', async () => {
    const on = await root();
    const file = new IdentityFile(on, directory);
    expect(await file.load()).toBeUndefined();
    await file.save(identity());
    expect(await file.load()).toEqual(identity());
    await file.save(identity({ certificatePem: 'newer' }));
    expect(await new IdentityFile(on.crash('cut'), directory).load()).toEqual(
      identity({ certificatePem: 'newer' }),
    );
  });

  test('is the older or the newer one, whole, when the power goes at any call', async () => {
    for (let stopAt = 1; stopAt < 12; stopAt += 1) {
      const on = await root(stopAt);
      await new IdentityFile(on, directory).save(identity());
      const next = on.crash('cut');
      next.stopAt(stopAt);
      const saving = new IdentityFile(next, directory).save(identity({ raftId: 7 }));
      await Promise.race([saving, next.stopped]);
      const found = await new IdentityFile(next.crash('cut'), directory).load();
      expect([2 ** 48 - 1, 7]).toContain(found?.raftId);
    }
  });

  test('that was removed does not come back, and is removed twice without harm', async () => {
    const on = await root();
    const file = new IdentityFile(on, directory);
    await file.save(identity());
    await file.remove();
    await file.remove();
    expect(await new IdentityFile(on.crash('cut'), directory).load()).toBeUndefined();
  });
});

const worker: Partial<Identity> = { role: 'worker', raftId: 0, founderRaftId: 0, hasLog: false };

describe('an identity file', () => {
  test('of a worker has no number in consensus', async () => {
    const on = await root();
    const file = new IdentityFile(on, directory);
    await file.save(identity(worker));
    expect(await file.load()).toEqual(identity(worker));
  });

  test('of the time when every node had founded its swarm is that of a manager with a log', async () => {
    const on = disk();
    const { role, founderRaftId, incarnation, hasLog, managers, ...old } = identity();
    const dataKey = Buffer.from(old.dataKey).toString('base64');
    await write(on, JSON.stringify({ version: 1, ...old, dataKey }));
    expect(await new IdentityFile(on, directory).load()).toEqual(
      identity({
        role,
        founderRaftId: old.raftId,
        incarnation: 1,
        hasLog,
        managers: managers.slice(0, 1),
      }),
    );
    expect([founderRaftId, incarnation]).toEqual([5, 2]);
  });
});

describe('an identity file is refused', () => {
  test.each([
    ['without content', ''],
    ['that was cut', '{"version":1,'],
    ['of another kind', '[1]'],
    ['that is null', 'null'],
    ['without version', '{}'],
    ['of a version that is no number', '{"version":"2"}'],
    ['without fields', '{"version":1}'],
  ])('%s', async (_, text) => {
    const on = disk();
    await write(on, text);
    await expect(new IdentityFile(on, directory).load()).rejects.toMatchObject({
      code: 'corrupt',
      fields: { path },
    });
  });

  test.each([
    ['a short key', { dataKey: Buffer.alloc(31).toString('base64') }],
    ['no key', { dataKey: undefined }],
    ['a raft id that is no number', { raftId: '7' }],
    ['raft id 0', { raftId: 0 }],
    ['a raft id beyond what is exact', { raftId: 2 ** 60 }],
    ['an address that is no text', { listenAddress: 1 }],
    ['a role that there is not', { role: 'boss' }],
    ['a manager without a founder', { founderRaftId: 0 }],
    ['a manager that does not know whether it has a log', { hasLog: undefined }],
    ['no incarnation', { incarnation: 0 }],
    ['no address book', { managers: undefined }],
    ['an address book with a hole', { managers: [null] }],
    ['an address without a number', { managers: [{ nodeId: 'n', address: 'a' }] }],
  ])('with %s', async (_, fields) => {
    const on = disk();
    const dataKey = Buffer.alloc(32).toString('base64');
    await write(on, JSON.stringify({ version: 1, ...identity(), dataKey, ...fields }));
    await expect(new IdentityFile(on, directory).load()).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('of a newer version', async () => {
    const on = disk();
    await write(on, '{"version":2}');
    await expect(new IdentityFile(on, directory).load()).rejects.toMatchObject({
      code: 'dataRootTooNew',
    });
  });
});
