import { limits } from '../../common/pure/limits.ts';

/** What is known about the device that holds the data root. */
export interface DiskRoom {
  /** Undefined before anybody looked. */
  readonly freeBytes: number | undefined;
  /** True when users may change nothing but by removing. */
  readonly isShort: boolean;
}

export const unknownRoom: DiskRoom = { freeBytes: undefined, isShort: false };

/**
 * Decides from what is free whether changes are refused: below `diskFreeBytesMin`, and from then on until `diskFreeBytesAmple` are free, so that a
 * disk on the edge does not flicker.
 */
export function stepRoom(room: DiskRoom, freeBytes: number): DiskRoom {
  const needed = room.isShort ? limits.diskFreeBytesAmple : limits.diskFreeBytesMin;
  return { freeBytes, isShort: freeBytes < needed };
}

/** Why changes are refused, and what helps; undefined when they are not. */
export function shortageText(
  { freeBytes = 0, isShort }: DiskRoom,
  path: string,
): string | undefined {
  if (!isShort) return undefined;
  const needed = megabytes(limits.diskFreeBytesAmple);
  const have = megabytes(freeBytes);
  return `no space left on the device that holds ${path}: free at least ${needed} MB (${have} MB are free now); until then changes are refused, and what runs goes on`;
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1024 / 1024);
}
