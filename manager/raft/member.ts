/** Identifies a member for ever: a positive safe integer, never given to another member. */
export type MemberId = number;

/** No member: an unknown leader, a vote not given. */
export const none: MemberId = 0;

/** Addressee of `MsgStorageAppend` and sender of its response: whoever writes the log. */
export const appendThread: MemberId = Number.MAX_SAFE_INTEGER;

/** Addressee of `MsgStorageApply` and sender of its response: whoever applies entries. */
export const applyThread: MemberId = Number.MAX_SAFE_INTEGER - 1;

export function isLocalThread(id: MemberId): boolean {
  return id === appendThread || id === applyThread;
}

/** Ascending, without touching what was given. */
export function sortedIds(ids: Iterable<MemberId>): MemberId[] {
  return [...ids].sort((a, b) => a - b);
}
