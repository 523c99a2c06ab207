import { ShoalError, type ErrorCodeName } from '../../../common/pure/errors.ts';

const codes: ReadonlyMap<number, ErrorCodeName> = new Map([
  [404, 'notFound'],
  [409, 'conflict'],
]);

/** A refusal as `EngineApi` gives it, with the engine's own status and words. */
export function engineFailure(statusCode: number, message: string): ShoalError {
  const code = codes.get(statusCode) ?? 'engineRefused';
  return new ShoalError(code, message, { fields: { statusCode } });
}

/** The engine that cannot be reached, or does not answer. */
export function unreachable(message: string): ShoalError {
  return new ShoalError('engineUnavailable', message);
}
