/**
 * What the data of an entry means: a command of the state machine, or a change of the configuration in one of the two
 * forms of `confchange/change.ts`.
 */
export type EntryType = 'EntryNormal' | 'EntryConfChange' | 'EntryConfChangeV2';

/** One entry of the log. Its data is never changed once the entry exists: log, wire and state machine share it. */
export interface Entry {
  readonly type: EntryType;
  /** The leader's term when it appended the entry; 0 until it did. */
  readonly term: number;
  /** Position in the log, from 1; 0 until the leader appended the entry. */
  readonly index: number;
  readonly data: Uint8Array;
}

/** What a proposal hands in: the leader gives it its place. */
export type ProposedEntry = Pick<Entry, 'type' | 'data'>;

/** Names a position of the log and the entry that stands there: two logs that share it share all before it. */
export interface EntryId {
  readonly term: number;
  readonly index: number;
}

/** Terms and indexes stay far below where numbers cease to be exact, so that the next one always is another. */
const countMax = 2 ** 52;

/** Can be a term or an index, or none yet. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= countMax;
}

export const noData: Uint8Array = new Uint8Array(0);

/** A proposal is an entry that has no place in the log yet. */
export function unplaced(proposed: ProposedEntry): Entry {
  return { type: proposed.type, term: 0, index: 0, data: proposed.data };
}

export function placed(proposed: ProposedEntry, term: number, index: number): Entry {
  return { type: proposed.type, term, index, data: proposed.data };
}

/** Bytes of the entry in the protocol buffer of etcd's raft, by which all limits but two are counted. */
function entryBytes(entry: Entry): number {
  const length = entry.data.length;
  const fixed = 2 + 1 + varintBytes(entry.term) + 1 + varintBytes(entry.index);
  return length === 0 ? fixed : fixed + 1 + varintBytes(length) + length;
}

export function entriesBytes(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  return bytes;
}

/** Bytes of the commands alone, by which what is in flight and what is uncommitted is counted. */
export function payloadBytes(entries: readonly ProposedEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.data.length;
  return bytes;
}

/** The longest prefix whose size is at most `maxBytes`, but never fewer than one entry if there is one. */
export function limitBytes(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  const count = countWithin(entries, { start: 0, end: entries.length }, maxBytes);
  return count < entries.length ? entries.slice(0, count) : entries;
}

/** How many entries `limitBytes` would leave of those at `start` to before `end`; the rest is not even looked at. */
export function countWithin(
  entries: readonly Entry[],
  { start, end }: { readonly start: number; readonly end: number },
  maxBytes: number,
): number {
  let bytes = 0;
  for (let at = start; at < end; at += 1) {
    const entry = entries[at];
    if (entry === undefined) return at - start;
    bytes += entryBytes(entry);
    if (bytes > maxBytes && at > start) return at - start;
  }
  return end - start;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}
