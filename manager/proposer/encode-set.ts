import { actorName } from '../../common/ports/identity.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { decodeChangeSet, encodeChangeSet, newChangeSet } from '../../proto/gen/changeset.ts';
import type { ChangeSet } from '../../proto/gen/changeset.ts';
import { Writer } from '../../proto/gen/wire.ts';
import { findTooNew } from '../store/evaluate.ts';
import type { Refusal, SetRequest } from './port.ts';

export type EncodedSet =
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Tag of `ChangeSet.wall_ms`: field 6, a number. */
const wallTag = 48;

/**
 * The bytes of a set, without a wall time; or why no member could apply it.
 *
 * What is let through here ends up in the log of every member: a set that cannot be decoded, or is too new for this very version,
 * would end them all.
 */
export function encodeSet(request: SetRequest): EncodedSet {
  const { actor, ...rest } = request;
  const set = newChangeSet({ ...rest, actor: actorName(actor) });
  if (set.id === '') return invalid('a set has no id');
  if (set.ops.length > limits.setOps) return invalid('the set has too many operations');
  if (findTooNew(set) !== undefined) return { kind: 'refused', refusal: { kind: 'level' } };
  try {
    return encodeChecked(set);
  } catch (error) {
    if (!isShoalError(error)) throw error;
    return invalid(error.message);
  }
}

/** What another manager encoded, if it is a set that every member can apply and that no controller made. */
export function checkForwarded(bytes: Uint8Array): ChangeSet | undefined {
  if (bytes.length > limits.setBytes) return undefined;
  try {
    const set = decodeChangeSet(bytes);
    const isFit = set.id !== '' && set.term === 0 && set.ops.length <= limits.setOps;
    return isFit && findTooNew(set) === undefined ? set : undefined;
  } catch (error) {
    if (!isShoalError(error)) throw error;
    return undefined;
  }
}

/** What stamps an encoded set with `wallMs` when it stands behind it: of a field that comes twice the last counts. */
export function wallStampBytes(wallMs: number): Uint8Array {
  const writer = new Writer();
  writer.uint64(wallTag, wallMs, 'ChangeSet.wallMs');
  return writer.take();
}

function encodeChecked(set: ChangeSet): EncodedSet {
  const bytes = encodeChangeSet(set);
  if (bytes.length > limits.setBytes) return invalid('the set is too large');
  // Only a long set can hold more elements than a decoder takes; each is at least a byte.
  if (bytes.length > limits.decodeElements) decodeChangeSet(bytes);
  return { kind: 'encoded', bytes };
}

function invalid(message: string): EncodedSet {
  return { kind: 'refused', refusal: { kind: 'invalid', message } };
}
