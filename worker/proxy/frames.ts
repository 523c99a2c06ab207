import { concatBytes } from '../../common/pure/bytes.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';

/** A frame is the length of its payload (32 bits, little endian), then the payload. */
const headerBytes = 4;

/** @throws ShoalError `limitExceeded` when `payload` is beyond `limits.proxyFrameBytes`. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  checkLength(payload.length);
  const frame = new Uint8Array(headerBytes + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length, true);
  frame.set(payload, headerBytes);
  return frame;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /**
   * Takes the next bytes and gives the payloads that are complete now.
   * @throws ShoalError `limitExceeded` as soon as a frame announces more than `limits.proxyFrameBytes`.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    const payloads: Uint8Array[] = [];
    for (;;) {
      const payload = this.#takePayload();
      if (payload === undefined) return payloads;
      payloads.push(payload);
    }
  }

  #takePayload(): Uint8Array | undefined {
    if (this.#bytes < headerBytes) return undefined;
    const length = new DataView(this.#peek(headerBytes).buffer).getUint32(0, true);
    checkLength(length);
    if (this.#bytes < headerBytes + length) return undefined;
    const all = concatBytes(this.#parts);
    const rest = all.subarray(headerBytes + length);
    this.#parts = [rest];
    this.#bytes = rest.length;
    return all.subarray(headerBytes, headerBytes + length);
  }

  /** A copy of the first bytes, however the stream was cut. */
  #peek(length: number): Uint8Array<ArrayBuffer> {
    const first = new Uint8Array(length);
    let filled = 0;
    for (const part of this.#parts) {
      const piece = part.subarray(0, length - filled);
      first.set(piece, filled);
      filled += piece.length;
      if (filled === length) break;
    }
    return first;
  }
}

function checkLength(length: number): void {
  if (length <= limits.proxyFrameBytes) return;
  throw new ShoalError('limitExceeded', 'frame of the proxy protocol is too long', {
    fields: { length, limit: limits.proxyFrameBytes },
  });
}
