// Shows that a member's identity is there whole or not at all, is durable once written, and refuses any other.
import { describe, expect, it } from 'vitest';
import { isShoalError } from '../../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import {
  identityExists,
  writeIdentity,
} from '../../../../../manager/consensus/wal/identity-file.ts';
import { clusterId, memberId } from '../../../../lib/consensus.ts';
import { MemoryDisk } from '../../../../lib/memory-disk.ts';

const own = { clusterId, memberId };

async function freshDisk(seed = 1): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ random: seededRandom(seed) });
  await disk.makeDirectory('/raft');
  await disk.syncDirectory('/');
  return disk;
}

describe('the identity of a member', () => {
  it('is there after a power cut, once it was written', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const disk = await freshDisk(seed);
      expect(await identityExists('/raft', own, disk)).toBe(false);
      await writeIdentity('/raft', own, disk);
      expect(await identityExists('/raft', own, disk.crash())).toBe(true);
    }
  });

  it('is whole or missing after a crash at any call', async () => {
    let calls = 0;
    for (let isWritten = false; !isWritten; calls += 1) {
      for (let seed = 0; seed < 10; seed += 1) {
        const disk = await freshDisk(seed);
        disk.stopAt(disk.mutations + calls);
        const work = writeIdentity('/raft', own, disk).then(() => true);
        isWritten = (await Promise.race([work, disk.stopped])) === true;
        const found = disk.crash(seed % 2 === 0 ? 'cut' : 'kept');
        const exists = await identityExists('/raft', own, found);
        expect(exists || !isWritten).toBe(true);
        // What is left of a try does not stand in the way of the next.
        await writeIdentity('/raft', own, found);
        expect(await identityExists('/raft', own, found)).toBe(true);
      }
    }
    expect(calls).toBeGreaterThan(5);
  });

  it('of a later format says that this version is too old', async () => {
    const disk = await freshDisk();
    await using file = await disk.open('/raft/identity.json', 'create');
    const later = { version: 2, clusterId, memberId: memberId.toString(16), more: [{}] };
    await file.write(0, new TextEncoder().encode(`${JSON.stringify(later)}\n`));
    await expect(identityExists('/raft', own, disk)).rejects.toMatchObject({
      code: 'dataRootTooNew',
      message: 'the identity of this member was written by a newer version: upgrade this node',
    });
  });

  it('refuses another member, another cluster, and any wrong byte or length', async () => {
    const disk = await freshDisk();
    await writeIdentity('/raft', own, disk);
    const refused = (error: unknown): boolean =>
      isShoalError(error, 'corrupt') || isShoalError(error, 'dataRootTooNew');
    for (const other of [
      { clusterId, memberId: 5 },
      { clusterId: 'd', memberId },
    ]) {
      await expect(identityExists('/raft', other, disk)).rejects.toSatisfy(refused);
    }
    const path = '/raft/identity.json';
    const { length } = await disk.readFile(path);
    for (let offset = 0; offset < length; offset += 1) {
      disk.corrupt(path, offset, 1 << (offset % 7));
      await expect(identityExists('/raft', own, disk)).rejects.toSatisfy(refused);
      disk.corrupt(path, offset, 1 << (offset % 7));
    }
    await using file = await disk.open(path, 'write');
    for (let cut = length - 1; cut >= 0; cut -= 1) {
      await file.truncate(cut);
      await expect(identityExists('/raft', own, disk)).rejects.toSatisfy(refused);
    }
  });
});
