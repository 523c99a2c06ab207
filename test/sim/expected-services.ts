/** How long an operation whose outcome nobody knows may still take effect, virtual milliseconds. */
const lateMs = 60_000;

/** What is known of one service: it is there with so many replicas, or it is not there. */
export type ServiceState =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'present';
      readonly replicas: number;
      readonly image: string;
      /** Port under which it is published; 0 when it is not. */
      readonly port: number;
      readonly isPlaceable: boolean;
    };

interface Possible {
  readonly state: ServiceState;
  /** Until when the state may still come about; undefined = it is the last one that is certain. */
  readonly untilMs: number | undefined;
}

/**
 * What a client that alone writes its services may find: the last acknowledged state, or that of an operation without an answer.
 *
 * An answer settles everything before it, since each operation names the version that it was meant for.
 */
export class ExpectedServices {
  readonly #possible = new Map<string, readonly Possible[]>();

  names(): readonly string[] {
    return [...this.#possible.keys()];
  }

  /** The operation was answered. */
  acknowledged(name: string, state: ServiceState): void {
    this.#possible.set(name, [{ state, untilMs: undefined }]);
  }

  /** Nobody knows what became of the operation. */
  unanswered(name: string, state: ServiceState, nowMs: number): void {
    this.#possible.set(name, [...this.#of(name), { state, untilMs: nowMs + lateMs }]);
  }

  /** Takes what was read, and says whether it may be. */
  read(name: string, found: ServiceState, nowMs: number): boolean {
    const possible = this.#of(name);
    const match = possible.find(
      ({ state, untilMs }) => isSame(state, found) && (untilMs === undefined || nowMs <= untilMs),
    );
    if (match === undefined) return false;
    if (match.untilMs !== undefined) {
      this.acknowledged(name, found);
      return true;
    }
    const open = possible.filter((item) => item.untilMs === undefined || item.untilMs >= nowMs);
    this.#possible.set(name, open);
    return true;
  }

  /** States that the service may have. */
  states(name: string): readonly ServiceState[] {
    return this.#of(name).map(({ state }) => state);
  }

  #of(name: string): readonly Possible[] {
    return this.#possible.get(name) ?? [{ state: { kind: 'absent' }, untilMs: undefined }];
  }
}

function isSame(left: ServiceState, right: ServiceState): boolean {
  if (left.kind === 'absent' || right.kind === 'absent') return left.kind === right.kind;
  return left.replicas === right.replicas && left.image === right.image && left.port === right.port;
}
