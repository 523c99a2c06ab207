import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRecord,
  encodeRecord,
  type LogRecord,
  type PlainFrame,
} from '../../../../../manager/consensus/wal/record.ts';
import {
  digestBytes,
  keyIdBytes,
  nonceBytes,
  tagBytes,
} from '../../../../../manager/consensus/wal/cipher.ts';
import {
  frameHeaderBytes,
  FrameType,
  readFrameHeader,
  sealFrame,
} from '../../../../../manager/consensus/wal/frame.ts';

const counts = fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1));

function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

const ids = fc.array(counts, { maxLength: 5 });

const records: fc.Arbitrary<LogRecord> = fc.oneof(
  fc
    .tuple(
      fc.nat(),
      fc.array(
        fc.record({
          term: counts,
          type: fc.constantFrom('EntryNormal', 'EntryConfChangeV2', 'EntryConfChange'),
          data: fc.uint8Array({ maxLength: 40 }),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    )
    .map(([first, entries]) => ({
      kind: 'entries' as const,
      entries: entries.map((one, position) => ({ ...one, index: first + position })),
    })),
  fc
    .record({ term: counts, vote: counts, commit: counts })
    .map((state) => ({ kind: 'hardState' as const, state })),
  fc
    .record({ index: counts, term: counts, bytes: counts, sha256: bytesOf(digestBytes) })
    .map((mark) => ({ kind: 'snapshotMark' as const, mark })),
  fc
    .record({
      index: counts,
      term: counts,
      bytes: counts,
      sha256: bytesOf(digestBytes),
      confState: fc.record({
        voters: ids,
        learners: ids,
        votersOutgoing: ids,
        learnersNext: ids,
        autoLeave: fc.boolean(),
      }),
    })
    .chain((mark) => fc.constantFrom(mark, { ...mark, isInstalled: true as const }))
    .map((mark) => ({ kind: 'snapshotMark' as const, mark })),
  fc
    .record({
      clusterId: fc.string(),
      memberId: counts,
      voters: fc.array(counts, { maxLength: 5 }),
    })
    .map((identity) => ({ kind: 'identity' as const, identity })),
  fc
    .record({ firstNonce: bytesOf(nonceBytes), keyId: bytesOf(keyIdBytes) })
    .map((epoch) => ({ kind: 'keyEpoch' as const, epoch })),
);

const frames: fc.Arbitrary<PlainFrame> = fc.record({
  type: fc.constantFrom(...Object.values(FrameType)),
  index: counts,
  term: counts,
  payload: fc.uint8Array({ maxLength: 120 }),
});

/** Takes these bytes for a record, and if they are one, it is written and read again as the same. */
function expectRecordOrNone(frame: PlainFrame): void {
  const record = decodeRecord(frame);
  if (record === undefined) return;
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
}

describe('a record of the log', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(decodeRecord(encodeRecord(record))).toEqual(record);
      }),
    );
  });

  it('any bytes are one or none', () => {
    fc.assert(fc.property(frames, expectRecordOrNone), { numRuns: 2000 });
  });

  it('with bytes changed or cut off is another one or none', () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.nat(255), length: fc.nat() });
    fc.assert(
      fc.property(records, fc.array(damage, { minLength: 1, maxLength: 4 }), (record, damages) => {
        const frame = encodeRecord(record);
        let payload = frame.payload.slice();
        for (const { at, byte, length } of damages) {
          if (payload.length > 0) payload[at % payload.length] = byte;
          if (length % 4 === 0) payload = payload.slice(0, length % (payload.length + 1));
        }
        expectRecordOrNone({ ...frame, payload });
      }),
      { numRuns: 2000 },
    );
  });

  it('any bytes are the header of a frame or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(120), (bytes, offset) => {
        expect(readFrameHeader(bytes, offset)).toBe(undefined);
      }),
      { examples: [[new Uint8Array(100), 0]] },
    );
  });

  it('a header whose frame does not fit, or that knows flags of its own, is none, though its check holds', () => {
    const headers = fc.record({
      length: fc.oneof(fc.nat(120), fc.constantFrom(2 ** 31, 2 ** 32 - 1)),
      type: fc.constantFrom(...Object.values(FrameType)),
      flags: fc.nat(7),
      index: counts,
      term: counts,
      nonce: bytesOf(nonceBytes),
    });
    fc.assert(
      fc.property(headers, fc.nat(40), (header, offset) => {
        const bytes = new Uint8Array(offset + frameHeaderBytes + 64);
        sealFrame(bytes, offset, header, 0);
        const isFrame = header.length >= tagBytes && header.length <= 64 && header.flags <= 3;
        expect(readFrameHeader(bytes, offset)).toEqual(isFrame ? header : undefined);
      }),
      { numRuns: 1000 },
    );
  });
});
