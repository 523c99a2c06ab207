/** Ids are typed strings: a `TaskId` cannot be passed as a `NodeId`. All are 25 characters of base 36, as swarm mode's. */
declare const idKind: unique symbol;

/** A string that names one object of kind `Kind`. */
export type Id<Kind extends string> = string & { readonly [idKind]: Kind };

export type ClusterId = Id<'cluster'>;
export type NodeId = Id<'node'>;
export type ServiceId = Id<'service'>;
export type TaskId = Id<'task'>;
export type NetworkId = Id<'network'>;
/** Names one change set; a retry after an unknown outcome carries the same one. */
export type SetId = Id<'set'>;

/** Length of every object id, in characters. */
const idLength = 25;

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Gives a fresh id made of draws from `random`. */
export function newId<Kind extends string>(random: { below(limit: number): number }): Id<Kind> {
  let text = '';
  for (let index = 0; index < idLength; index += 1) {
    text += alphabet.charAt(random.below(alphabet.length));
  }
  return text as Id<Kind>;
}

/** Reads `text` as an id of kind `Kind`, without a check: for values that came from the store or a decoder. */
export function asId<Kind extends string>(text: string): Id<Kind> {
  return text as Id<Kind>;
}
