import type { Entropy } from '../../common/ports/entropy.ts';

/** `SWMTKN-1-<sha256 of the root's DER in base 36, 50 characters>-<128-bit secret in base 36, 25 characters>`, as swarm mode's. */
const digestLength = 50;
const secretLength = 25;
const secretBytes = 16;

/** Makes a join token whose digest pins `rootDigest`, so that a joining node knows the cluster on first contact. */
export function newJoinToken(rootDigest: Uint8Array, entropy: Entropy): string {
  const secret = base36(entropy.bytes(secretBytes)).padStart(secretLength, '0');
  return `SWMTKN-1-${rootDigestText(rootDigest)}-${secret}`;
}

/** What a join token says. */
export interface JoinToken {
  /** As `rootDigestText` gives it. */
  readonly rootDigest: string;
  /** Decides the role; only managers can tell which. */
  readonly secret: string;
}

const form = new RegExp(
  `^SWMTKN-1-([0-9a-z]{${String(digestLength)}})-([0-9a-z]{${String(secretLength)}})$`,
);

/** Undefined when `text` is no join token. */
export function parseJoinToken(text: string): JoinToken | undefined {
  const [, rootDigest, secret] = form.exec(text) ?? [];
  return rootDigest === undefined || secret === undefined ? undefined : { rootDigest, secret };
}

/** True when `text` is `token`. Takes as long wherever the two differ. A token that was never made lets nobody in. */
export function hasSecretOf(text: string, token: string): boolean {
  if (token === '') return false;
  let difference = text.length ^ token.length;
  for (let at = 0; at < token.length; at += 1) {
    difference |= token.charCodeAt(at) ^ (at < text.length ? text.charCodeAt(at) : 0);
  }
  return difference === 0;
}

/** A digest as join tokens have it. @param rootDigest SHA-256 of a root certificate's DER */
export function rootDigestText(rootDigest: Uint8Array): string {
  return base36(rootDigest).padStart(digestLength, '0');
}

function base36(bytes: Uint8Array): string {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return value.toString(36);
}
