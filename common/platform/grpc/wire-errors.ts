import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { ErrorCode, isShoalError, ShoalError } from '../../pure/errors.ts';
import { limits } from '../../pure/limits.ts';
import type { ErrorCodeName, ErrorFields } from '../../pure/errors.ts';

/** Where a failure's code, message and fields travel. */
const key = 'shoal-error-bin';

/** A failure as it goes to the caller: never its cause, nor where it happened. */
export function toStatus(error: unknown): Partial<StatusObject> {
  if (!isShoalError(error)) return { code: status.INTERNAL, details: 'the server failed' };
  const { code, message, fields, facts } = error;
  const metadata = new Metadata();
  const whole = Buffer.from(JSON.stringify({ code, message, fields }));
  const bare = Buffer.from(JSON.stringify({ code, message: message.slice(0, 1000), fields: {} }));
  metadata.set(key, whole.length <= limits.rpcErrorBytes ? whole : bare);
  return { code: facts.grpc, details: message.slice(0, 1000), metadata };
}

/** What a caller throws for `error`. */
export function fromStatus(error: ServiceError): ShoalError {
  const [carried] = error.metadata.get(key);
  const known = carried instanceof Buffer ? parse(carried) : undefined;
  if (known !== undefined) return known;
  const { code, details } = error;
  if (code === status.UNAVAILABLE || code === status.CANCELLED)
    return new ShoalError('unavailable', `connection is gone: ${details}`, {
      cause: error,
      fields: details.includes('ECONNREFUSED') ? { refused: true } : {},
    });
  const [name, text] = plainFailures.get(code) ?? ['internal', 'the server failed'];
  return new ShoalError(name, text, { cause: error });
}

/** What gRPC itself fails with. */
const plainFailures: ReadonlyMap<status, readonly [ErrorCodeName, string]> = new Map([
  [status.DEADLINE_EXCEEDED, ['timeout', 'call took too long']],
  [status.UNIMPLEMENTED, ['notImplemented', 'server has no such method']],
  [status.RESOURCE_EXHAUSTED, ['limitExceeded', 'message is too large']],
]);

function parse(bytes: Buffer): ShoalError | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { code, message, fields } = value as Readonly<Record<string, unknown>>;
    if (!isCode(code) || typeof message !== 'string') return undefined;
    return new ShoalError(code, message, { fields: plainFields(fields) });
  } catch {
    return undefined;
  }
}

function isCode(value: unknown): value is ErrorCodeName {
  return typeof value === 'string' && Object.hasOwn(ErrorCode, value);
}

function plainFields(value: unknown): ErrorFields {
  if (typeof value !== 'object' || value === null) return {};
  const plain = Object.entries(value).filter(
    (entry): entry is [string, string | number | boolean] =>
      ['string', 'number', 'boolean'].includes(typeof entry[1]),
  );
  return Object.fromEntries(plain);
}
