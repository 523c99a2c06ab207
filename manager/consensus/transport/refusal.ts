import { status, type StatusObject } from '@grpc/grpc-js';

const removalText = 'member was removed from the group';

/** Tells a member that it belongs to the group no more. */
export const removal: Partial<StatusObject> = {
  code: status.FAILED_PRECONDITION,
  details: removalText,
};

export function isRemoval(details: string): boolean {
  return details === removalText;
}
