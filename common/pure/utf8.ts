import { ShoalError } from './errors.ts';

/** Bytes that `text` takes as UTF-8. A lone surrogate counts as U+FFFD, as `writeUtf8` writes it. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (isPair(text, index)) {
      length += 4;
      index += 1;
    } else length += 3;
  }
  return length;
}

/**
 * Writes `text` as UTF-8 at `offset`, lone surrogates as U+FFFD; `target` must have room (`utf8Length`).
 * @returns the offset after what was written.
 */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  let at = offset;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      target[at] = unit;
      at += 1;
    } else if (isPair(text, index)) {
      at = writeCodePoint(text.codePointAt(index) ?? 0xfffd, target, at);
      index += 1;
    } else {
      at = writeCodePoint(isSurrogate(unit) ? 0xfffd : unit, target, at);
    }
  }
  return at;
}

/** `text` as UTF-8, lone surrogates as U+FFFD: never fails. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}

/**
 * The text that `bytes` are the UTF-8 of. A leading byte order mark is kept as a character.
 * @throws ShoalError `corrupt` for anything that is not well-formed (overlong forms, surrogates, cut sequences).
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = readUtf8(bytes, 0, bytes.length);
  if (text === undefined) throw new ShoalError('corrupt', 'text is not valid UTF-8');
  return text;
}

/** Decoded text grows in pieces of this many code units, to stay below the limit of arguments of one call. */
const unitsPerPiece = 2048;

/** As `decodeUtf8` for the bytes in [start, end), but undefined where that throws. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  let units: number[] = [];
  let at = start;
  while (at < end) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      units.push(lead);
      at += 1;
    } else {
      const length = sequenceLength(bytes, at, end);
      if (length === 0) return undefined;
      pushCodePoint(units, sequenceValue(bytes, at, length));
      at += length;
    }
    if (units.length >= unitsPerPiece) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** True when a high surrogate stands at `index` and a low one follows. */
function isPair(text: string, index: number): boolean {
  const high = text.charCodeAt(index);
  if (high < 0xd800 || high > 0xdbff) return false;
  const low = text.charCodeAt(index + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}

function writeCodePoint(point: number, target: Uint8Array, offset: number): number {
  let at = offset;
  if (point < 0x800) {
    target[at] = 0xc0 | (point >>> 6);
  } else {
    if (point < 0x10000) {
      target[at] = 0xe0 | (point >>> 12);
    } else {
      target[at] = 0xf0 | (point >>> 18);
      at += 1;
      target[at] = 0x80 | ((point >>> 12) & 0x3f);
    }
    at += 1;
    target[at] = 0x80 | ((point >>> 6) & 0x3f);
  }
  target[at + 1] = 0x80 | (point & 0x3f);
  return at + 2;
}

/** Length of the well-formed sequence of several bytes at `at`, or 0 (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  const length = leadLength(lead);
  if (length === 0 || at + length > end) return 0;
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second > 0x8f) return 0;
  for (let index = at + 1; index < at + length; index += 1) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function leadLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

function sequenceValue(bytes: Uint8Array, at: number, length: number): number {
  let value = (bytes[at] ?? 0) & (0x7f >>> length);
  for (let index = at + 1; index < at + length; index += 1) {
    value = (value << 6) | ((bytes[index] ?? 0) & 0x3f);
  }
  return value;
}

function pushCodePoint(units: number[], point: number): void {
  if (point < 0x10000) {
    units.push(point);
    return;
  }
  units.push(0xd800 + ((point - 0x10000) >>> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
}
