/** Characters of an id that are looked at: 51 bits of those that are drawn. */
const idChars = 10;

/**
 * Hash of any part of a row, 32 bits, against bugs and not against an adversary. Equal content has an equal hash, whatever order its fields
 * and keys were written in.
 *
 * What a field holds while nobody has set it (nothing, 0, '', false, an empty list) is 0: a field that a newer version brings does not
 * count before it is used.
 */
export function contentSum(value: unknown): number {
  if (typeof value === 'number') return numberSum(value);
  if (typeof value === 'string') return textSum(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'object' && value !== null ? objectSum(value) : 0;
}

/** As `contentSum`, of a text. */
export function textSum(text: string, from = 0): number {
  if (text === '') return 0;
  let hash = 0x811c9dc5;
  for (let at = from; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return spread(hash);
}

/** As `contentSum`, of a number. */
export function numberSum(value: number): number {
  if (value === 0) return 0;
  return Number.isSafeInteger(value) ? placedNumber(0x811c9dc5, value) : textSum(String(value));
}

/** What a whole number counts that stands at a place: nothing when it is 0. */
export function placedNumber(place: number, value: number): number {
  if (value === 0) return 0;
  const high = Math.floor(value / 2 ** 32);
  return spread(Math.imul(place ^ (value | 0), 0x01000193) + Math.imul(high, 0x9e3779b1));
}

/** As `textSum`, of an id, by its end: what is drawn by chance needs no more to differ. */
export function idSum(id: string): number {
  return textSum(id, Math.max(0, id.length - idChars));
}

/** What a value counts that stands at a place: nothing when it is 0. */
export function placedSum(place: number, value: number): number {
  return value === 0 ? 0 : mix(place, value);
}

/** Both in their order. */
export function mix(first: number, second: number): number {
  return spread(Math.imul(first ^ 0x5bd1e995, 0x01000193) ^ second);
}

function objectSum(value: object): number {
  if (value instanceof Uint8Array) return bytesSum(value);
  if (Array.isArray(value)) return listSum(value);
  let sum = 0;
  if (value instanceof Map) {
    for (const [key, held] of value) sum = (sum + mix(textSum(String(key)), contentSum(held))) | 0;
    return value.size === 0 ? 0 : spread(sum ^ value.size);
  }
  // Whether a message is there is content too.
  for (const name in value) {
    sum = (sum + placedSum(textSum(name), contentSum(value[name as keyof typeof value]))) | 0;
  }
  return spread(sum ^ 0x27d4eb2f);
}

function listSum(list: readonly unknown[]): number {
  let hash = 0;
  for (const value of list) hash = mix(hash, contentSum(value));
  return list.length === 0 ? 0 : mix(hash, list.length);
}

function bytesSum(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let hash = 0x9e3779b9;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return spread(hash);
}

/** The last step of MurmurHash3 (Appleby): every bit of a sum depends on every bit of what is added. */
function spread(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
