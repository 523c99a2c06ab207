/*
 * A mark of 64 bits, in two halves, stands for a text. Marks of the parts of a state are added up, each half for itself,
 * so that the order of the parts says nothing. Among ten million states two have the same mark with a likelihood of three
 * in a million.
 */

/** Marks of what has been numbered: `width` of them for each number. */
export class Marks {
  readonly width: number;
  high: Uint32Array;
  low: Uint32Array;

  constructor(width: number) {
    this.width = width;
    this.high = new Uint32Array(width << 10);
    this.low = new Uint32Array(width << 10);
  }

  set(number: number, column: number, text: string): void {
    const at = number * this.width + column;
    if (at >= this.high.length) this.#grow();
    let high = 0x811c9dc5;
    let low = 0x9747b28c;
    for (let position = 0; position < text.length; position += 1) {
      const code = text.charCodeAt(position);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul((low << 5) ^ (low >>> 27) ^ code, 0x9e3779b1);
    }
    this.high[at] = mixed(high ^ text.length);
    this.low[at] = mixed(low + text.length);
  }

  #grow(): void {
    const { high, low } = this;
    this.high = new Uint32Array(high.length * 2);
    this.high.set(high);
    this.low = new Uint32Array(low.length * 2);
    this.low.set(low);
  }
}

export function mixed(value: number): number {
  let mix = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}

/** The marks that were seen: an open table that doubles when it is three quarters full. */
export class SeenMarks {
  #high = new Uint32Array(1 << 16);
  #low = new Uint32Array(1 << 16);
  size = 0;

  /** False: it was there. */
  add(high: number, low: number): boolean {
    if (this.size * 4 >= this.#high.length * 3) this.#grow();
    if (!this.#insert(high, low)) return false;
    this.size += 1;
    return true;
  }

  #insert(high: number, low: number): boolean {
    const highs = this.#high;
    const lows = this.#low;
    // Nought marks an empty place, so no mark may be that.
    const some = high === 0 && low === 0 ? 1 : low;
    const mask = highs.length - 1;
    let at = (high ^ Math.imul(some, 0x9e3779b1)) & mask;
    for (;;) {
      const thereHigh = highs[at];
      const thereLow = lows[at];
      if (thereHigh === 0 && thereLow === 0) break;
      if (thereHigh === high && thereLow === some) return false;
      at = (at + 1) & mask;
    }
    highs[at] = high;
    lows[at] = some;
    return true;
  }

  #grow(): void {
    const highs = this.#high;
    const lows = this.#low;
    this.#high = new Uint32Array(highs.length * 2);
    this.#low = new Uint32Array(lows.length * 2);
    for (let at = 0; at < highs.length; at += 1) {
      const high = highs[at] ?? 0;
      const low = lows[at] ?? 0;
      if (high !== 0 || low !== 0) this.#insert(high, low);
    }
  }
}
