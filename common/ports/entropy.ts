/** Unpredictable bytes for tokens, keys, nonces, session ids and seeds. Not for jitter: that is `Random`. */
export interface Entropy {
  /** `length` fresh bytes that nobody can guess. */
  bytes(length: number): Uint8Array;
}
