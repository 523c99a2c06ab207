import { isField } from './answer-head.ts';
import type { Framing } from './answer-head.ts';

/** Finds the end of a body whose bytes go on as they are. */
export interface BodyEnd {
  /** True when the last byte was seen. */
  readonly isOver: boolean;
  /** @returns how many of the bytes belong to the body; undefined when they are none. */
  take(bytes: Buffer): number | undefined;
}

export function bodyEnd(framing: Framing): BodyEnd {
  if (framing.kind === 'chunked') return new ChunkedEnd();
  if (framing.kind === 'close') return new CountedEnd(Number.POSITIVE_INFINITY);
  return new CountedEnd(framing.kind === 'length' ? framing.length : 0);
}

class CountedEnd implements BodyEnd {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  take(bytes: Buffer): number {
    const taken = Math.min(this.#left, bytes.length);
    this.#left -= taken;
    return taken;
  }
}

/** A line of a size has few digits, and nobody's trailers are as long as this. */
const longestLine = 16_384;
const mostTrailers = 64;
const lineFeed = 10;

/** Walks from chunk to chunk. Extensions of chunks are refused: no engine sends any, and readers differ about them. */
class ChunkedEnd implements BodyEnd {
  #awaits: 'size' | 'end of chunk' | 'trailer' | 'nothing' = 'size';
  #left = 0;
  #trailers = 0;
  /** What came of a line so far. */
  #line = '';

  get isOver(): boolean {
    return this.#awaits === 'nothing';
  }

  take(bytes: Buffer): number | undefined {
    let at = 0;
    while (at < bytes.length && !this.isOver) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        const mark = bytes.indexOf(lineFeed, at);
        const end = mark < 0 ? bytes.length : mark + 1;
        if (this.#line.length + end - at > longestLine) return undefined;
        this.#line += bytes.toString('latin1', at, end);
        at = end;
        if (mark >= 0 && !this.#takeLine()) return undefined;
      }
    }
    return at;
  }

  /** False for a line that cannot stand here. */
  #takeLine(): boolean {
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r\n')) return false;
    const text = line.slice(0, -2);
    if (this.#awaits === 'size') return this.#takeSize(text);
    if (this.#awaits === 'trailer') return this.#takeTrailer(text);
    this.#awaits = 'size';
    return text === '';
  }

  #takeSize(text: string): boolean {
    if (!/^[\da-f]{1,12}$/i.test(text)) return false;
    this.#left = Number.parseInt(text, 16);
    this.#awaits = this.#left === 0 ? 'trailer' : 'end of chunk';
    return true;
  }

  #takeTrailer(text: string): boolean {
    if (text === '') {
      this.#awaits = 'nothing';
      return true;
    }
    this.#trailers += 1;
    return this.#trailers <= mostTrailers && isField(text);
  }
}
