/**
 * Tables of CRC-32 (IEEE), eight of 256 words one after the other, so that a step takes eight bytes ("slicing by 8",
 * Kounavis and Berry 2005).
 */
const table: Uint32Array = makeTable();

function makeTable(): Uint32Array {
  const words = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    }
    words[byte] = value >>> 0;
  }
  for (let position = 256; position < words.length; position += 1) {
    const value = words[position - 256] ?? 0;
    words[position] = (value >>> 8) ^ (words[value & 0xff] ?? 0);
  }
  return words;
}

function lookUp(slice: number, byte: number): number {
  return table[(slice << 8) | (byte & 0xff)] ?? 0;
}

/** CRC-32 (IEEE, as zlib's) of `bytes`, continued from `previous`: `crc32(b, crc32(a))` is the sum of a and b joined. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes.length - (bytes.length % 8);
  let sum = ~previous >>> 0;
  for (let offset = 0; offset < wide; offset += 8) {
    const low = view.getUint32(offset, true) ^ sum;
    const high = view.getUint32(offset + 4, true);
    sum =
      lookUp(7, low) ^
      lookUp(6, low >>> 8) ^
      lookUp(5, low >>> 16) ^
      lookUp(4, low >>> 24) ^
      lookUp(3, high) ^
      lookUp(2, high >>> 8) ^
      lookUp(1, high >>> 16) ^
      lookUp(0, high >>> 24);
  }
  for (let offset = wide; offset < bytes.length; offset += 1) {
    sum = (sum >>> 8) ^ lookUp(0, sum ^ view.getUint8(offset));
  }
  return ~sum >>> 0;
}

/** CRC-16 (CCITT, start value 0xffff): finds every change confined to two neighbouring bytes. For short headers. */
export function crc16(bytes: Uint8Array): number {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      sum = (sum & 0x8000) === 0 ? sum << 1 : (sum << 1) ^ 0x1021;
    }
  }
  return sum & 0xffff;
}
