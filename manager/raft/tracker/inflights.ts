import { invariant } from '../invariant.ts';

/** Limits of what may be under way to one follower. */
export interface InflightLimits {
  /** Messages with entries; at least 1. */
  readonly messagesMax: number;
  /** Bytes of their payload; the message that passes the limit is still sent. Infinity: no limit. */
  readonly bytesMax: number;
}

export interface Sent {
  /** Of the last entry of the message. */
  readonly index: number;
  readonly bytes: number;
}

/** The sliding window of messages that were sent to one follower and not answered yet, oldest first. */
export class Inflights {
  readonly limits: InflightLimits;
  /** Messages before `#start` are done with; they are cut off when they are the greater part. */
  #sent: Sent[] = [];
  #start = 0;
  #bytes = 0;

  constructor(limits: InflightLimits) {
    this.limits = limits;
  }

  get count(): number {
    return this.#sent.length - this.#start;
  }

  /** Oldest first. */
  get sent(): readonly Sent[] {
    return this.#sent.slice(this.#start);
  }

  get isFull(): boolean {
    return this.count >= this.limits.messagesMax || this.#bytes >= this.limits.bytesMax;
  }

  add(index: number, bytes: number): void {
    invariant(!this.isFull, 'nothing is sent beyond the window');
    this.#sent.push({ index, bytes });
    this.#bytes += bytes;
  }

  /** The follower has everything up to `index`: frees all messages that ended there or before. */
  freeUpTo(index: number): void {
    let first = this.#sent[this.#start];
    while (first !== undefined && first.index <= index) {
      this.#bytes -= first.bytes;
      this.#start += 1;
      first = this.#sent[this.#start];
    }
    if (this.#start * 2 > this.#sent.length) {
      this.#sent = this.#sent.slice(this.#start);
      this.#start = 0;
    }
  }

  reset(): void {
    this.#sent = [];
    this.#start = 0;
    this.#bytes = 0;
  }

  clone(): Inflights {
    const copy = new Inflights(this.limits);
    copy.#sent = this.#sent.slice(this.#start);
    copy.#bytes = this.#bytes;
    return copy;
  }
}
