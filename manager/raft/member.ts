/** Identifies a member for ever: from 1 to `memberIdMax`, never given to another member. */
export type MemberId = number;

/** Ids are of 48 bits, so that they stay exact numbers and leave room for the two that are none. */
export const memberIdMax: MemberId = 2 ** 48 - 1;

/** No member: an unknown leader, a vote not given. */
export const none: MemberId = 0;

/** Addressee of `MsgStorageAppend` and sender of its response: whoever writes the log. */
export const appendThread: MemberId = Number.MAX_SAFE_INTEGER;

/** Addressee of `MsgStorageApply` and sender of its response: whoever applies entries. */
export const applyThread: MemberId = Number.MAX_SAFE_INTEGER - 1;

export function isLocalThread(id: MemberId): boolean {
  return id === appendThread || id === applyThread;
}

export function isMemberId(id: number): boolean {
  return Number.isSafeInteger(id) && id > 0 && id <= memberIdMax;
}

/** Ascending, without touching what was given. */
export function sortedIds(ids: Iterable<MemberId>): MemberId[] {
  return [...ids].sort((a, b) => a - b);
}
