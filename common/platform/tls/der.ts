/** One element of DER: its tag byte and its content. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  sequence: 0x30,
  set: 0x31,
} as const;

/**
 * The elements that `bytes` consist of, one level deep; undefined when they are not DER of definite, shortest lengths, or when there are
 * more than `maxCount`.
 */
export function readElements(
  bytes: Uint8Array,
  maxCount: number,
): readonly DerElement[] | undefined {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at];
    const length = readLength(bytes, at + 1);
    // Tags of several bytes do not occur in what is read here.
    if (tag === undefined || (tag & 0x1f) === 0x1f || length === undefined) return undefined;
    const end = length.contentAt + length.bytes;
    if (end > bytes.length || elements.length === maxCount) return undefined;
    elements.push({ tag, content: bytes.subarray(length.contentAt, end) });
    at = end;
  }
  return elements;
}

/** The content of the one element that `bytes` consist of, if it has that tag. */
export function readOne(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  const [element, ...more] = readElements(bytes, 1) ?? [];
  return element?.tag === tag && more.length === 0 ? element.content : undefined;
}

interface DerLength {
  readonly contentAt: number;
  readonly bytes: number;
}

/** X.690, 10.1: the definite form, in the fewest octets. Three octets of length are more than a certificate has. */
function readLength(bytes: Uint8Array, at: number): DerLength | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0x80) return { contentAt: at + 1, bytes: first };
  const count = first & 0x7f;
  if (count === 0 || count > 3) return undefined;
  let length = 0;
  for (let index = 1; index <= count; index += 1) {
    const octet = bytes[at + index];
    if (octet === undefined) return undefined;
    length = length * 256 + octet;
  }
  const isShortest = length >= 0x80 && length >= 256 ** (count - 1);
  return isShortest ? { contentAt: at + 1 + count, bytes: length } : undefined;
}
