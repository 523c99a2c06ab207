/** What callers may do after a failure: `safe` = again as it was, `same id` = again with the same set id. */
export type Retry = 'never' | 'safe' | 'read again' | 'same id' | 'later';

export interface CodeFacts {
  /** gRPC status code that carries it between nodes. */
  readonly grpc: number;
  readonly retry: Retry;
}

/** Every expected failure that may leave the process. Docker's status codes and texts are made from these in httpapi only. */
export const ErrorCode = {
  invalidArgument: { grpc: 3, retry: 'never' },
  invalidSpec: { grpc: 3, retry: 'never' },
  notFound: { grpc: 5, retry: 'never' },
  ambiguous: { grpc: 3, retry: 'never' },
  nameConflict: { grpc: 6, retry: 'never' },
  portConflict: { grpc: 3, retry: 'never' },
  outOfSequence: { grpc: 10, retry: 'read again' },
  conflict: { grpc: 10, retry: 'read again' },
  failedPrecondition: { grpc: 9, retry: 'never' },
  notImplemented: { grpc: 12, retry: 'never' },
  permissionDenied: { grpc: 7, retry: 'never' },
  unauthenticated: { grpc: 16, retry: 'never' },
  unavailable: { grpc: 14, retry: 'later' },
  notSwarmManager: { grpc: 9, retry: 'never' },
  notInSwarm: { grpc: 9, retry: 'never' },
  alreadyInSwarm: { grpc: 9, retry: 'never' },
  locked: { grpc: 9, retry: 'never' },
  notLeader: { grpc: 9, retry: 'safe' },
  lostQuorum: { grpc: 14, retry: 'later' },
  unknownOutcome: { grpc: 2, retry: 'same id' },
  tooBusy: { grpc: 8, retry: 'later' },
  diskFull: { grpc: 8, retry: 'later' },
  limitExceeded: { grpc: 8, retry: 'never' },
  levelTooLow: { grpc: 9, retry: 'never' },
  timeout: { grpc: 4, retry: 'later' },
  cancelled: { grpc: 1, retry: 'safe' },
  engineUnavailable: { grpc: 14, retry: 'later' },
  engineRefused: { grpc: 9, retry: 'never' },
  storageFailed: { grpc: 13, retry: 'never' },
  corrupt: { grpc: 15, retry: 'never' },
  dataRootInUse: { grpc: 9, retry: 'later' },
  dataRootTooNew: { grpc: 9, retry: 'never' },
  internal: { grpc: 13, retry: 'never' },
} as const;

export type ErrorCodeName = keyof typeof ErrorCode;

/** What varies in an error: ids, names, field paths. Never secrets. */
export type ErrorFields = Readonly<Record<string, string | number | boolean>>;

interface ShoalErrorOptions {
  readonly fields?: ErrorFields;
  readonly cause?: unknown;
}

/**
 * An expected failure. Callers branch on `code`, people read `message` (lower case, no full stop, no ids: those are fields).
 */
export class ShoalError extends Error {
  readonly code: ErrorCodeName;
  readonly fields: ErrorFields;

  constructor(code: ErrorCodeName, message: string, options: ShoalErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ShoalError';
    this.code = code;
    this.fields = options.fields ?? {};
  }

  /** What the table says about the code. */
  get facts(): CodeFacts {
    return ErrorCode[this.code];
  }
}

/** True when `error` is a `ShoalError`, of `code` if one is given. */
export function isShoalError(error: unknown, code?: ErrorCodeName): error is ShoalError {
  return error instanceof ShoalError && (code === undefined || error.code === code);
}
