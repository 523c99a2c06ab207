// Shows that groups are read only in the chain in which they were written, whatever opens under the key.
import { describe, expect, it } from 'vitest';
import { NonceSource } from '../../../../../manager/consensus/wal/cipher.ts';
import {
  encodeRecords,
  sealGroup,
  type SealedGroup,
} from '../../../../../manager/consensus/wal/group.ts';
import type { HardState } from '../../../../../manager/raft/snapshot.ts';
import { scanSegment } from '../../../../../manager/consensus/wal/scan.ts';
import { fixedEntropy, testCipher } from '../../../../lib/consensus.ts';

const cipher = testCipher();

function group(state: HardState, offset: number, previousCrc: number, epoch: number): SealedGroup {
  const nonces = new NonceSource(fixedEntropy(epoch));
  const place = { segment: 1, offset, previousCrc };
  return sealGroup(encodeRecords([{ kind: 'hardState', state }]), place, { cipher, nonces });
}

function segmentOf(...groups: readonly SealedGroup[]): Uint8Array {
  const bytes = new Uint8Array(8 * 512);
  for (const [position, { bytes: part }] of groups.entries()) bytes.set(part, 512 * (position + 1));
  return bytes;
}

const first = group({ term: 1, vote: 1, commit: 0 }, 512, 0, 1);
const second = group({ term: 2, vote: 1, commit: 0 }, 1024, first.crc, 1);

describe('a segment', () => {
  it('is read group by group', () => {
    const bytes = segmentOf(first, second);
    const scanned = scanSegment({ bytes, sequence: 1, previousCrc: 0 }, cipher);
    expect(scanned).toMatchObject({ end: 1536, crc: second.crc, tail: { kind: 'clean' } });
    expect(scanned.groups).toHaveLength(2);
  });

  it('is refused when a group of an earlier opening follows the group that replaced the one before it', () => {
    const replaced = group({ term: 5, vote: 9, commit: 0 }, 512, 0, 2);
    const bytes = segmentOf(replaced, second);
    const scanned = scanSegment({ bytes, sequence: 1, previousCrc: 0 }, cipher);
    expect(scanned.groups).toHaveLength(1);
    expect(scanned.tail).toEqual({
      kind: 'corrupt',
      offset: 1024,
      reason: 'checksum does not match',
    });
  });

  it('is refused when it does not continue the segment before it', () => {
    const bytes = segmentOf(first, second);
    const scanned = scanSegment({ bytes, sequence: 1, previousCrc: 7 }, cipher);
    expect([scanned.groups.length, scanned.tail.kind]).toEqual([0, 'corrupt']);
  });
});
