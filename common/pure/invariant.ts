/** A bug: nobody catches it, the process logs it and exits, the simulator fails the seed. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`invariant broken: ${message}`);
    this.name = 'InvariantError';
  }
}

/** Holds that `condition` is true, as `message` states it. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (
    condition === false ||
    condition === null ||
    condition === undefined ||
    condition === 0 ||
    condition === ''
  ) {
    throw new InvariantError(message);
  }
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected value ${String(value)}`);
}
