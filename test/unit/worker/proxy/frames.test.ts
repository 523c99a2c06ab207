// Frames of the proxy protocol, however the stream cuts them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../common/pure/bytes.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { encodeFrame, FrameReader } from '../../../../worker/proxy/frames.ts';

describe('FrameReader', () => {
  it('gives back what was framed, wherever the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 });
    fc.assert(
      fc.property(payloads, fc.array(fc.nat(20)), (sent, cuts) => {
        const all = concatBytes(sent.map((payload) => encodeFrame(payload)));
        const reader = new FrameReader();
        const received: Uint8Array[] = [];
        let offset = 0;
        for (const cut of cuts) {
          received.push(...reader.push(all.subarray(offset, offset + cut)));
          offset += cut;
        }
        received.push(...reader.push(all.subarray(offset)));
        expect(received.map((payload) => [...payload])).toEqual(
          sent.map((payload) => [...payload]),
        );
      }),
    );
  });

  it('refuses a frame beyond the limit before its content comes', () => {
    const header = new Uint8Array(4);
    new DataView(header.buffer).setUint32(0, limits.proxyFrameBytes + 1, true);
    expect(() => new FrameReader().push(header)).toThrow('frame of the proxy protocol is too long');
    expect(() => encodeFrame(new Uint8Array(limits.proxyFrameBytes + 1))).toThrow('too long');
  });
});
