import type { Entropy } from '../../common/ports/entropy.ts';

/** `SWMTKN-1-<sha256 of the root's DER in base 36, 50 characters>-<128-bit secret in base 36, 25 characters>`, as swarm mode's. */
const digestLength = 50;
const secretLength = 25;
const secretBytes = 16;

/** Makes a join token whose digest pins `rootDigest`, so that a joining node knows the cluster on first contact. */
export function newJoinToken(rootDigest: Uint8Array, entropy: Entropy): string {
  const digest = base36(rootDigest).padStart(digestLength, '0');
  const secret = base36(entropy.bytes(secretBytes)).padStart(secretLength, '0');
  return `SWMTKN-1-${digest}-${secret}`;
}

function base36(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return value.toString(36);
}
