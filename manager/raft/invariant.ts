/** A bug in this library or in what drives it: state that no execution of Raft can reach. Nobody catches it. */
export class RaftInvariantError extends Error {
  constructor(message: string) {
    super(`raft invariant broken: ${message}`);
    this.name = 'RaftInvariantError';
  }
}

/** Holds that `condition` is true, as `message` states it. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RaftInvariantError(message);
}
