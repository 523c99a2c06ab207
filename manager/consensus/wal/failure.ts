import { type ErrorFields, ShoalError } from '../../../common/pure/errors.ts';

const advice =
  'nothing was changed; remove this member from the cluster and join it again with an empty data root, or restore a backup';

/** Refuses what is on disk: it is not what was written. The message says what a person can do. */
export function corrupt(what: string, fields: ErrorFields): ShoalError {
  return new ShoalError('corrupt', `${what}: ${advice}`, { fields });
}

/** Refuses what a later format wrote. @param what begins the sentence: `the log` */
export function tooNew(what: string, fields: ErrorFields): ShoalError {
  return new ShoalError(
    'dataRootTooNew',
    `${what} was written by a newer version: upgrade this node`,
    { fields },
  );
}

/** The log is whole, and older than what this member has acknowledged. It was set aside. */
export function outdatedLog(fields: ErrorFields): ShoalError {
  return new ShoalError(
    'corrupt',
    'the log of this member is older than what it has acknowledged, as if its data root had been put back from a copy: ' +
      'it was set aside; start this node again, and it comes back as a new member by itself',
    { fields },
  );
}

/** A storage error after which nothing may be written any more; keeps the cause. */
export function storageFailed(cause: unknown): ShoalError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ShoalError('storageFailed', `the log cannot be written: ${detail}`, { cause });
}
