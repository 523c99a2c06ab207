import { invariant } from '../../common/pure/invariant.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Random } from '../../common/pure/random.ts';
import type { Target } from './port-plan.ts';

/** After its first failed connect an endpoint is avoided for this long; each further failure doubles it. */
const avoidMsFirst = 500;
const avoidMsMax = 15_000;

/** One endpoint as the balancer knows it. Callers hold it for the life of a connection; only the balancer changes it. */
export interface BalancedEndpoint {
  readonly target: Target;
  /** Connections that are open or being dialled. */
  readonly open: number;
}

interface EndpointState {
  readonly target: Target;
  open: number;
  /** Failed connects since the last that succeeded. */
  failures: number;
  avoidUntilMs: number;
  /** Orders endpoints by their last pick; those never picked come first, in an order that chance decides. */
  lastPick: number;
  removed: boolean;
}

/**
 * Spreads the connections of one published port over its endpoints.
 *
 * Fewest open connections first, then the one whose turn is longest ago, so that N connections one after the other
 * reach N endpoints; each node begins elsewhere. An endpoint whose connect failed is passed over for a while, as long
 * as others exist. An endpoint that is no longer followed gets no new connection; those that it has stay counted.
 */
export class Balancer {
  readonly #random: Random;
  #current: EndpointState[] = [];
  /** All followed endpoints, and removed ones that still have connections. */
  readonly #known = new Map<string, EndpointState>();
  #picks = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Replaces the endpoints. What is known of those that stay (connections, failures, turn) is kept. */
  follow(targets: readonly Target[]): void {
    for (const state of this.#current) state.removed = true;
    const previous = this.#current;
    this.#current = targets.map((target) => this.#stateOf(target));
    for (const state of previous) this.#forgetIfDone(state);
  }

  /**
   * Chooses an endpoint and counts a connection on it, which the caller gives back by `closed`.
   *
   * @param tried endpoints that this connection has tried before: never chosen.
   * @returns undefined when none is left.
   */
  pick(tried: ReadonlySet<BalancedEndpoint>, nowMs: number): BalancedEndpoint | undefined {
    const chosen = this.#choose(tried, nowMs);
    if (chosen === undefined) return undefined;
    this.#picks += 1;
    chosen.lastPick = this.#picks;
    chosen.open += 1;
    return chosen;
  }

  /** The endpoint accepted a connection: it is well again. */
  connected(endpoint: BalancedEndpoint): void {
    const state = this.#own(endpoint);
    state.failures = 0;
    state.avoidUntilMs = 0;
  }

  /** The endpoint did not accept a connection: others are preferred for a while. The connection is given back too. */
  failed(endpoint: BalancedEndpoint, nowMs: number): void {
    const state = this.#own(endpoint);
    state.failures += 1;
    const avoidMs = Math.min(avoidMsMax, avoidMsFirst * 2 ** Math.min(state.failures - 1, 10));
    state.avoidUntilMs = nowMs + avoidMs;
    this.closed(endpoint);
  }

  /** A connection that `pick` counted has ended. */
  closed(endpoint: BalancedEndpoint): void {
    const state = this.#own(endpoint);
    invariant(state.open > 0, 'a connection is given back once');
    state.open -= 1;
    this.#forgetIfDone(state);
  }

  /** Every endpoint with open connections, the removed ones included. */
  *busy(): Generator<BalancedEndpoint> {
    for (const state of this.#known.values()) if (state.open > 0) yield state;
  }

  /** Some endpoint has an open connection. */
  get isBusy(): boolean {
    for (const state of this.#known.values()) if (state.open > 0) return true;
    return false;
  }

  #stateOf(target: Target): EndpointState {
    const key = keyOf(target);
    const known = this.#known.get(key);
    if (known !== undefined) {
      known.removed = false;
      return known;
    }
    const lastPick = -this.#random.unit();
    const fresh = { target, open: 0, failures: 0, avoidUntilMs: 0, lastPick, removed: false };
    this.#known.set(key, fresh);
    return fresh;
  }

  #choose(tried: ReadonlySet<BalancedEndpoint>, nowMs: number): EndpointState | undefined {
    const count = this.#current.length;
    const isWide = count > limits.proxyPickScan;
    // A scan of some, from a place that chance decides, is nearly as even as a scan of all, and bounded.
    const begin = isWide ? this.#random.below(count) : 0;
    const enough = isWide ? limits.proxyPickScan : count;
    let best: EndpointState | undefined;
    let seen = 0;
    for (let step = 0; step < count && seen < enough; step += 1) {
      const state = this.#current[(begin + step) % count];
      if (state === undefined || tried.has(state)) continue;
      if (best === undefined || isPreferred(state, best, nowMs)) best = state;
      // While all that were seen are to be avoided, the scan goes on.
      if (best.avoidUntilMs <= nowMs) seen += 1;
    }
    return best;
  }

  #forgetIfDone(state: EndpointState): void {
    if (state.removed && state.open === 0) this.#known.delete(keyOf(state.target));
  }

  #own(endpoint: BalancedEndpoint): EndpointState {
    const state = this.#known.get(keyOf(endpoint.target));
    invariant(state === endpoint, 'an endpoint belongs to the balancer that picked it');
    return state;
  }
}

function isPreferred(candidate: EndpointState, best: EndpointState, nowMs: number): boolean {
  const candidateAvoidMs = Math.max(0, candidate.avoidUntilMs - nowMs);
  const bestAvoidMs = Math.max(0, best.avoidUntilMs - nowMs);
  if (candidateAvoidMs !== bestAvoidMs) return candidateAvoidMs < bestAvoidMs;
  if (candidate.open !== best.open) return candidate.open < best.open;
  return candidate.lastPick < best.lastPick;
}

function keyOf(target: Target): string {
  return `${target.taskId} ${target.address} ${String(target.port)}`;
}
