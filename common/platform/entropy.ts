import { randomBytes } from 'node:crypto';
import type { Entropy } from '../ports/entropy.ts';

/** `Entropy` of the operating system. */
export class NodeEntropy implements Entropy {
  bytes(length: number): Uint8Array {
    return new Uint8Array(randomBytes(length));
  }
}
