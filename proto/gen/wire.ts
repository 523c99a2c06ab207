/**
 * The runtime of the generated codecs: protobuf's wire format, read and written without trust.
 *
 * Written by hand; the other files of this folder are generated.
 */
import { ShoalError } from '../../common/pure/errors.ts';
import { invariant } from '../../common/pure/invariant.ts';
import { limits } from '../../common/pure/limits.ts';
import { readUtf8, utf8Length, writeUtf8 } from '../../common/pure/utf8.ts';

/** A message while a decoder fills it. */
export type Draft<T> = {
  -readonly [Key in keyof T]: T[Key] extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : T[Key] extends readonly (infer Item)[]
      ? Item[]
      : T[Key];
};

/**
 * What every list, map and piece of bytes is in which there is nothing: most fields of most messages, so that they share it. Nobody may add
 * to it.
 */
export const noItems: never[] = Object.freeze([]) as never;
export const noBytes: Uint8Array = new Uint8Array(0);
export const noEntries: Map<string, string> = Object.defineProperty(new Map<string, string>(), 'set', {
  value: () => {
    invariant(false, 'what all empty maps share stays empty');
  },
});

/** `list`, or one of its own for whom it would be the shared empty one. */
export function own<Item>(list: Item[]): Item[] {
  return list === noItems ? [] : list;
}

/** The part of a number of 64 bits above the lower 32. */
const highUnit = 0x1_0000_0000;
/** A safe integer has at most 53 bits: 21 of them in the upper half. */
const safeHigh = 0x1f_ffff;

const wireVarint = 0;
const wireFixed64 = 1;
const wireBytes = 2;
const wireFixed32 = 5;

const initialBytes = 512;

/** Code units of a text whose UTF-8 surely has a length of one byte: each takes three bytes at most. */
const shortText = 42;

/** Collects the bytes of one message. Every method that takes `tag` writes it first: field number times 8 plus wire type. */
export class Writer {
  #bytes: Uint8Array = new Uint8Array(initialBytes);
  #length = 0;

  string(tag: number, value: string): void {
    if (value.length > shortText) {
      this.#prefix(tag, utf8Length(value));
      this.#length = writeUtf8(value, this.#bytes, this.#length);
      return;
    }
    this.#reserve(20 + 3 * shortText);
    this.#varint(tag);
    const start = this.#length + 1;
    const end = writeUtf8(value, this.#bytes, start);
    this.#bytes[start - 1] = end - start;
    this.#length = end;
  }

  bytes(tag: number, value: Uint8Array): void {
    this.#prefix(tag, value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  bool(tag: number, value: boolean): void {
    this.#reserve(20);
    this.#varint(tag);
    this.#varint(value ? 1 : 0);
  }

  /** @throws ShoalError `invalidArgument` naming `field` when `value` is not a whole number in [0, 2^32). */
  uint32(tag: number, value: number, field: string): void {
    if (value >>> 0 !== value) failEncode(field, 'number is not an unsigned integer of 32 bits');
    this.#reserve(20);
    this.#varint(tag);
    this.#varint(value);
  }

  /** @throws ShoalError `invalidArgument` naming `field` when `value` is not a whole number in [-2^31, 2^31). */
  int32(tag: number, value: number, field: string): void {
    if ((value | 0) !== value) failEncode(field, 'number is not an integer of 32 bits');
    this.int64(tag, value, field);
  }

  /** @throws ShoalError `invalidArgument` naming `field` when `value` is not a whole number in [0, 2^53). */
  uint64(tag: number, value: number, field: string): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      failEncode(field, 'number is not an unsigned safe integer');
    }
    this.#reserve(20);
    this.#varint(tag);
    this.#varint(value);
  }

  /** @throws ShoalError `invalidArgument` naming `field` when `value` is not a whole number in (-2^53, 2^53). */
  int64(tag: number, value: number, field: string): void {
    if (!Number.isSafeInteger(value)) failEncode(field, 'number is not a safe integer');
    this.#reserve(20);
    this.#varint(tag);
    if (value >= 0) this.#varint(value);
    else this.#varintOfHalves(value >>> 0, Math.floor(value / highUnit) >>> 0);
  }

  /** As `int64`, in the encoding that is short for negative numbers. */
  sint64(tag: number, value: number, field: string): void {
    if (!Number.isSafeInteger(value)) failEncode(field, 'number is not a safe integer');
    this.#reserve(20);
    this.#varint(tag);
    const low = value >>> 0;
    const high = Math.floor(value / highUnit) >>> 0;
    const sign = value < 0 ? 0xffff_ffff : 0;
    this.#varintOfHalves(((low << 1) ^ sign) >>> 0, (((high << 1) | (low >>> 31)) ^ sign) >>> 0);
  }

  /** Every NaN is written as the same one. */
  double(tag: number, value: number): void {
    this.#reserve(20);
    this.#varint(tag);
    const view = new DataView(this.#bytes.buffer, this.#length, 8);
    if (Number.isNaN(value)) view.setBigUint64(0, 0x7ff8_0000_0000_0000n, true);
    else view.setFloat64(0, value, true);
    this.#length += 8;
  }

  /** Entries in the order of their keys' code units, key and value always there, so that equal maps have equal bytes. */
  stringMap(tag: number, value: ReadonlyMap<string, string>): void {
    if (value.size === 0) return;
    for (const key of [...value.keys()].sort()) {
      const mark = this.begin(tag);
      this.string(10, key);
      this.string(18, value.get(key) ?? '');
      this.finish(mark);
    }
  }

  /** Fields as they came, tags included. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Begins a field that has a length; what is written until `finish` is its content. */
  begin(tag: number): number {
    this.#reserve(20);
    this.#varint(tag);
    this.#length += 1;
    return this.#length;
  }

  /** Ends the field whose `begin` gave `mark`. */
  finish(mark: number): void {
    const length = this.#length - mark;
    const extra = varintBytes(length) - 1;
    if (extra > 0) {
      this.#reserve(extra);
      this.#bytes.copyWithin(mark + extra, mark, mark + length);
    }
    this.#length = mark - 1;
    this.#varint(length);
    this.#length = mark + extra + length;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #prefix(tag: number, length: number): void {
    this.#reserve(20 + length);
    this.#varint(tag);
    this.#varint(length);
  }

  #reserve(more: number): void {
    const need = this.#length + more;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  /** A whole number in [0, 2^53); room is reserved. */
  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#length] = (rest % 128) | 0x80;
      this.#length += 1;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length] = (rest & 0x7f) | 0x80;
      this.#length += 1;
      rest >>>= 7;
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  /** The number whose lower and upper 32 bits are given; room is reserved. */
  #varintOfHalves(low: number, high: number): void {
    let restLow = low;
    let restHigh = high;
    while (restHigh > 0 || restLow > 0x7f) {
      this.#bytes[this.#length] = (restLow & 0x7f) | 0x80;
      this.#length += 1;
      restLow = ((restLow >>> 7) | (restHigh << 25)) >>> 0;
      restHigh >>>= 7;
    }
    this.#bytes[this.#length] = restLow;
    this.#length += 1;
  }
}

/**
 * Reads one message. Every failure is a ShoalError `corrupt` with the path of the field; nothing is allocated on the word of a length.
 * `field` in the methods is the name for that path.
 */
export class Reader {
  /** Where the next byte is read. */
  pos = 0;
  /** End of the message that is being read. */
  end: number;
  readonly #bytes: Uint8Array;
  readonly #path: string[];
  #tagStart = 0;
  /** Upper 32 bits of the last varint. */
  #high = 0;

  /** @param message name of the message, first part of the path in errors. */
  constructor(bytes: Uint8Array, message: string) {
    this.#bytes = bytes;
    this.end = bytes.length;
    this.#path = [message];
  }

  /** Number of the next field times 8 plus its wire type. */
  tag(): number {
    this.#tagStart = this.pos;
    const tag = this.#varintLow(undefined);
    if (this.#high !== 0 || tag < 8) this.#fail('tag is not valid');
    return tag;
  }

  string(field: string): string {
    const end = this.#contentEnd(field);
    const text = readUtf8(this.#bytes, this.pos, end);
    if (text === undefined) this.#fail('text is not valid UTF-8', field);
    this.pos = end;
    return text;
  }

  /** A copy: the message does not keep what it was read from. */
  bytes(field: string): Uint8Array {
    const end = this.#contentEnd(field);
    const copy = new Uint8Array(end - this.pos);
    copy.set(this.#bytes.subarray(this.pos, end));
    this.pos = end;
    return copy;
  }

  bool(field: string): boolean {
    return this.#varintLow(field) !== 0 || this.#high !== 0;
  }

  uint32(field: string): number {
    const value = this.#varintLow(field);
    if (this.#high !== 0) this.#fail('number is beyond 32 bits', field);
    return value;
  }

  int32(field: string): number {
    const value = this.#varintLow(field) | 0;
    if (this.#high !== (value < 0 ? 0xffff_ffff : 0)) this.#fail('number is beyond 32 bits', field);
    return value;
  }

  uint64(field: string): number {
    const low = this.#varintLow(field);
    return this.#safe({ low, high: this.#high, negative: false }, field);
  }

  int64(field: string): number {
    const low = this.#varintLow(field);
    const high = this.#high;
    if (high >>> 31 === 0) return this.#safe({ low, high, negative: false }, field);
    return this.#safe(negated(low, high), field);
  }

  sint64(field: string): number {
    const low = this.#varintLow(field);
    const high = this.#high;
    const shiftedLow = ((low >>> 1) | (high << 31)) >>> 0;
    const shiftedHigh = high >>> 1;
    if ((low & 1) === 0) {
      return this.#safe({ low: shiftedLow, high: shiftedHigh, negative: false }, field);
    }
    return this.#safe(negated(~shiftedLow >>> 0, ~shiftedHigh >>> 0), field);
  }

  double(field: string): number {
    if (this.end - this.pos < 8) this.#fail('message ends within a field', field);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.pos, 8);
    this.pos += 8;
    return view.getFloat64(0, true);
  }

  /**
   * Adds one entry of a map; the last of those with the same key wins. What an entry holds beside key and value is dropped.
   * @returns the map, which is another one than the shared empty one.
   */
  stringEntry(field: string, shared: Map<string, string>): Map<string, string> {
    const map = shared === noEntries ? new Map<string, string>() : shared;
    const outerEnd = this.enter(field);
    let key = '';
    let value = '';
    while (this.pos < this.end) {
      const tag = this.tag();
      if (tag === 10) key = this.string('key');
      else if (tag === 18) value = this.string('value');
      else this.#skipValue(tag, entryFields);
    }
    map.set(key, value);
    this.leave(outerEnd);
    this.count(map.size, field);
    return map;
  }

  /** Holds that a repeated field has not too many elements. */
  count(elements: number, field: string): void {
    if (elements > limits.decodeElements) this.#fail('field has too many elements', field);
  }

  /**
   * Begins to read the message (or packed list) in a field: until `leave`, `end` is its end.
   * @returns what `leave` needs.
   */
  enter(field: string): number {
    if (this.#path.length > limits.decodeDepth) this.#fail('message is nested too deeply', field);
    const outerEnd = this.end;
    this.end = this.#contentEnd(field);
    this.#path.push(field);
    return outerEnd;
  }

  /** Goes on with the message around the one that was read to its end. */
  leave(outerEnd: number): void {
    invariant(this.pos === this.end, 'a nested message was read to its end');
    this.end = outerEnd;
    this.#path.pop();
  }

  /**
   * Passes over the field with `tag`, which is none of the message's own.
   *
   * @param known numbers of the message's own fields: with one of them, the wire type is wrong.
   * @param ranges starts and ends of the unknown fields until now, for `collect`.
   */
  skip(tag: number, known: readonly number[], ranges: number[] | undefined): number[] {
    const start = this.#tagStart;
    this.#skipValue(tag, known);
    if (ranges === undefined) return [start, this.pos];
    if (ranges.at(-1) === start) ranges[ranges.length - 1] = this.pos;
    else ranges.push(start, this.pos);
    return ranges;
  }

  /** The bytes of `ranges`, copied together. */
  collect(ranges: readonly number[]): Uint8Array {
    let length = 0;
    for (const piece of this.#pieces(ranges)) length += piece.length;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of this.#pieces(ranges)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  *#pieces(ranges: readonly number[]): Iterable<Uint8Array> {
    for (let index = 0; index < ranges.length; index += 2) {
      yield this.#bytes.subarray(ranges[index], ranges[index + 1]);
    }
  }

  #skipValue(tag: number, known: readonly number[]): void {
    const number = tag >>> 3;
    if (known.includes(number)) this.#fail('field has the wrong wire type', `#${number}`);
    const field = `#${number}`;
    switch (tag & 7) {
      case wireVarint:
        this.#varintLow(field);
        break;
      case wireFixed64:
        this.#advance(8, field);
        break;
      case wireBytes:
        this.pos = this.#contentEnd(field);
        break;
      case wireFixed32:
        this.#advance(4, field);
        break;
      default:
        this.#fail('wire type is not valid', field);
    }
  }

  #advance(bytes: number, field: string): void {
    if (this.end - this.pos < bytes) this.#fail('message ends within a field', field);
    this.pos += bytes;
  }

  /** Reads a length; gives the end of the content, which is within the message. */
  #contentEnd(field: string): number {
    const length = this.#varintLow(field);
    if (this.#high !== 0 || length > this.end - this.pos) {
      this.#fail('message ends within a field', field);
    }
    return this.pos + length;
  }

  /** Reads a varint: gives its lower 32 bits and leaves the upper ones in `#high`. */
  #varintLow(field: string | undefined): number {
    this.#high = 0;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte(field);
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    return this.#longVarintLow(low, field);
  }

  /** Goes on after 28 bits. */
  #longVarintLow(first: number, field: string | undefined): number {
    const fifth = this.#byte(field);
    const low = (first | ((fifth & 0x0f) << 28)) >>> 0;
    let high = (fifth & 0x7f) >>> 4;
    let last = fifth;
    for (let shift = 3; last >= 0x80; shift += 7) {
      last = this.#byte(field);
      if (shift > 24 && last > 1) this.#fail('number is beyond 64 bits', field);
      high = (high | ((last & 0x7f) << shift)) >>> 0;
    }
    this.#high = high;
    return low;
  }

  #byte(field: string | undefined): number {
    const byte = this.#bytes[this.pos];
    if (byte === undefined || this.pos >= this.end) this.#fail('message ends within a field', field);
    this.pos += 1;
    return byte;
  }

  #safe(magnitude: Magnitude, field: string): number {
    if (magnitude.high > safeHigh) this.#fail('number is beyond 53 bits', field);
    const value = magnitude.high * highUnit + magnitude.low;
    return magnitude.negative ? -value : value;
  }

  #fail(message: string, field?: string): never {
    const path = [...this.#path, ...(field === undefined ? [] : [field])].join('.');
    throw new ShoalError('corrupt', message, { fields: { path } });
  }
}

/** Fields of a map entry. */
const entryFields = [1, 2];

interface Magnitude {
  readonly low: number;
  readonly high: number;
  readonly negative: boolean;
}

/** Magnitude of the negative number with these two's complement halves. */
function negated(low: number, high: number): Magnitude {
  const negatedLow = (~low + 1) >>> 0;
  const negatedHigh = (negatedLow === 0 ? ~high + 1 : ~high) >>> 0;
  return { low: negatedLow, high: negatedHigh, negative: true };
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

function failEncode(field: string, message: string): never {
  throw new ShoalError('invalidArgument', message, { fields: { field } });
}
