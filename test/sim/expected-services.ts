import type { ServiceShape } from './service-shape.ts';

/** How long an operation whose outcome nobody knows may still take effect, virtual milliseconds. */
const lateMs = 60_000;

/** What is known of one service: it is there as this, or it is not there. */
export type ServiceState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present'; readonly shape: ServiceShape };

export const absent: ServiceState = { kind: 'absent' };

interface Possible {
  readonly state: ServiceState;
  /** Until when the state may still come about; undefined = it is the last one that is certain. */
  readonly untilMs: number | undefined;
}

/**
 * What a client that alone writes its services may find: the last acknowledged state, that of an operation without an answer, or an earlier
 * one to which an update that failed went back.
 *
 * An answer settles everything before it, since each operation names the version that it was meant for.
 */
export class ExpectedServices {
  readonly #possible = new Map<string, readonly Possible[]>();
  /** Everything that a service may ever have been asked to be, as JSON. */
  readonly #asked = new Map<string, Set<string>>();

  names(): readonly string[] {
    return [...this.#possible.keys()];
  }

  /** The operation was answered. */
  acknowledged(name: string, state: ServiceState): void {
    this.#note(name, state);
    this.#possible.set(name, [{ state, untilMs: undefined }]);
  }

  /** Nobody knows what became of the operation. */
  unanswered(name: string, state: ServiceState, nowMs: number): void {
    this.#note(name, state);
    this.#possible.set(name, [...this.#of(name), { state, untilMs: nowMs + lateMs }]);
  }

  /** Takes what was read, and says whether it may be. `isBack`: the service says that it went back to what it was before. */
  read(name: string, found: ServiceState, isBack: boolean, nowMs: number): boolean {
    const possible = this.#of(name);
    const match = possible.find(
      // It may have come about in time, and be seen only now.
      ({ state }) => isSame(state, found),
    );
    if (match === undefined) {
      const wasAsked = this.#asked.get(name)?.has(JSON.stringify(found)) ?? false;
      if (!isBack || !wasAsked) return false;
      this.acknowledged(name, found);
      return true;
    }
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

  #note(name: string, state: ServiceState): void {
    const asked = this.#asked.get(name) ?? new Set<string>();
    this.#asked.set(name, asked.add(JSON.stringify(state)));
  }

  #of(name: string): readonly Possible[] {
    return this.#possible.get(name) ?? [{ state: absent, untilMs: undefined }];
  }
}

function isSame(left: ServiceState, right: ServiceState): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
