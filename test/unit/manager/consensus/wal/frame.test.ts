// Shows that a frame's header is believed only as it was written, and that a sealed frame can be moved nowhere.
import { describe, expect, it } from 'vitest';
import {
  frameAssociated,
  FrameFlag,
  frameHeaderBytes,
  type FrameHeader,
  FrameType,
  readFrameHeader,
  sealFrame,
} from '../../../../../manager/consensus/wal/frame.ts';

const header: FrameHeader = {
  length: 200,
  type: FrameType.entries,
  flags: FrameFlag.groupStart,
  index: 7,
  term: 3,
  nonce: new Uint8Array(12).fill(5),
};

function sealed(): Uint8Array {
  const bytes = new Uint8Array(1024);
  sealFrame(bytes, 512, header, 0);
  return bytes;
}

describe('the header of a frame', () => {
  it('is read as it was written', () => {
    expect(readFrameHeader(sealed(), 512)).toEqual(header);
  });

  it('is none when any byte of it but those of its sum is wrong', () => {
    for (let offset = 0; offset < frameHeaderBytes; offset += 1) {
      if (offset >= 4 && offset < 8) continue;
      for (const mask of [0x01, 0x80, 0xff]) {
        const bytes = sealed();
        bytes[512 + offset] = (bytes[512 + offset] ?? 0) ^ mask;
        expect([offset, readFrameHeader(bytes, 512)]).toEqual([offset, undefined]);
      }
    }
  });

  it('is none when the frame would run over the end', () => {
    const end = 512 + frameHeaderBytes + header.length;
    expect(readFrameHeader(sealed().subarray(0, end), 512)).toEqual(header);
    for (const cut of [1, 100, header.length, header.length + 1]) {
      expect(readFrameHeader(sealed().subarray(0, end - cut), 512)).toBeUndefined();
    }
  });
});

describe('what a frame is bound to', () => {
  it('differs with segment, place, type, flags, index and term', () => {
    const { type, flags, index, term } = header;
    const contexts = [
      frameAssociated(1, 512, { type, flags, index, term }),
      frameAssociated(2, 512, { type, flags, index, term }),
      frameAssociated(1, 1024, { type, flags, index, term }),
      frameAssociated(1, 512, { type: FrameType.hardState, flags, index, term }),
      frameAssociated(1, 512, { type, flags: FrameFlag.groupEnd, index, term }),
      frameAssociated(1, 512, { type, flags, index: 8, term }),
      frameAssociated(1, 512, { type, flags, index, term: 4 }),
    ];
    expect(new Set(contexts.map((bytes) => bytes.join(' '))).size).toBe(contexts.length);
  });
});
