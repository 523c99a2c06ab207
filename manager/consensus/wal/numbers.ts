import { invariant } from '../../../common/pure/invariant.ts';

const twoTo32 = 0x1_0000_0000;

/** A view of exactly `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes a whole, safe, non-negative `value` as 64 bits, little end first. */
export function writeU64(view: DataView, offset: number, value: number): void {
  invariant(Number.isSafeInteger(value) && value >= 0, 'a 64-bit field holds a safe whole number');
  view.setUint32(offset, value % twoTo32, true);
  view.setUint32(offset + 4, Math.floor(value / twoTo32), true);
}

/** Reads 64 bits; undefined when the value is not safe to hold in a number. */
export function readU64(view: DataView, offset: number): number | undefined {
  const value = view.getUint32(offset + 4, true) * twoTo32 + view.getUint32(offset, true);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The smallest multiple of `unit` that is not below `value`. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** True when every byte of `bytes` is zero. */
export function isZero(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  const wide = bytes.length - (bytes.length % 4);
  for (let offset = 0; offset < wide; offset += 4) {
    if (view.getUint32(offset) !== 0) return false;
  }
  return bytes.subarray(wide).every((byte) => byte === 0);
}
