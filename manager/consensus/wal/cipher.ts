import type { Entropy } from '../../../common/ports/entropy.ts';
import { viewOf } from './numbers.ts';

/** Bytes of a nonce and of the tag that `seal` appends. */
export const nonceBytes = 12;
export const tagBytes = 16;
/** Bytes of `LogCipher.keyId` and of a digest. */
export const keyIdBytes = 8;
export const digestBytes = 32;

/** What a sealed text is bound to: a nonce that is never used twice with one key, and bytes that must be the same at `open`. */
export interface SealContext {
  readonly nonce: Uint8Array;
  readonly associated: Uint8Array;
}

/** A SHA-256 that is fed piece by piece. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** 32 bytes; called once, at the end. */
  finish(): Uint8Array;
}

/** AES-256-GCM with this member's data key, and SHA-256. Synchronous: a group is sealed between two awaits. */
export interface LogCipher {
  /** 8 bytes that tell keys apart and say nothing about them. */
  readonly keyId: Uint8Array;
  /** The ciphertext with its 16-byte tag. */
  seal(plain: Uint8Array, context: SealContext): Uint8Array;
  /** The plain bytes; undefined when key, context or a byte of `sealed` is not what was sealed. */
  open(sealed: Uint8Array, context: SealContext): Uint8Array | undefined;
  digest(): Digest;
}

/**
 * Nonces of one opening of the log: a random 32-bit epoch and a 64-bit counter whose upper half starts at random too.
 *
 * After a crash the tail is rewritten at the same offsets under the same key; the fresh epoch, which stands in the log
 * from its first group on, keeps those seals apart.
 */
export class NonceSource {
  readonly epoch: number;
  /** The first nonce of this opening, as the key epoch record states it. */
  readonly first: Uint8Array;
  #high: number;
  #low = 0;

  constructor(entropy: Entropy) {
    const view = viewOf(entropy.bytes(8));
    this.epoch = view.getUint32(0, true);
    this.#high = view.getUint32(4, true);
    this.first = this.#current();
  }

  next(): Uint8Array {
    const nonce = this.#current();
    this.#low = (this.#low + 1) >>> 0;
    if (this.#low === 0) this.#high = (this.#high + 1) >>> 0;
    return nonce;
  }

  #current(): Uint8Array {
    const nonce = new Uint8Array(nonceBytes);
    const view = viewOf(nonce);
    view.setUint32(0, this.epoch, true);
    view.setUint32(4, this.#low, true);
    view.setUint32(8, this.#high, true);
    return nonce;
  }
}
