import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { registryOf } from '../../common/pure/image-reference.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Call } from './call.ts';
import type { EngineAnswer, EngineCalls } from './engine-calls.ts';

/** One question to a registry, with all who wait for its answer. */
interface Lookup {
  readonly key: string;
  readonly call: Call;
  readonly outcome: PromiseWithResolvers<EngineAnswer>;
  /** Those who wait now. */
  waiters: number;
  /** When the engine was asked; undefined while it waits for others. */
  beganMs: number | undefined;
}

interface Registry {
  readonly lookups: Map<string, Lookup>;
  /** It answered last time, so that it may be asked several things at once. */
  isQuick: boolean;
  /** Until when it is taken for one that does not answer. */
  silentUntilMs: number;
}

/**
 * Asks registries through the engine, which knows how to: one at a time each, until the registry has shown that it answers.
 *
 * Engine 20.10 holds a lock while it looks for a registry that does not answer, for tens of seconds, whether or not anybody still waits. So what was
 * begun is left to end; meanwhile, and a while longer, nobody asks that registry anew, and clients learn at once that it does not answer. Those
 * who ask the same thing at the same time share the answer. No client waits longer than `limits.apiDistributionMs`.
 */
export class RegistryLookups {
  readonly #engine: EngineCalls;
  readonly #clock: Clock;
  readonly #registries = new Map<string, Registry>();

  constructor(engine: EngineCalls, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /**
   * The engine's answer to `call`, a `GET /distribution/{image}/json`.
   * @throws ShoalError `unavailable` when the registry does not answer in time, `tooBusy` when too many wait; as `EngineCalls.ask`
   */
  async ask(call: Call, image: string): Promise<EngineAnswer> {
    const registry = this.#registryOf(registryOf(image));
    const key = keyOf(call);
    const lookup = registry.lookups.get(key) ?? this.#begin(registry, key, call);
    lookup.waiters += 1;
    try {
      return await this.#inTime(lookup, call.context.signal);
    } finally {
      lookup.waiters -= 1;
      if (lookup.waiters === 0 && lookup.beganMs === undefined) registry.lookups.delete(key);
    }
  }

  #registryOf(name: string): Registry {
    const known = this.#registries.get(name);
    if (known !== undefined) return known;
    if (this.#registries.size >= limits.registriesKnown) this.#forgetIdle();
    if (this.#registries.size >= limits.registriesKnown) throw busy();
    const registry = { lookups: new Map(), isQuick: false, silentUntilMs: 0 };
    this.#registries.set(name, registry);
    return registry;
  }

  #begin(registry: Registry, key: string, call: Call): Lookup {
    if (this.#isSilent(registry)) throw silent();
    if (registry.lookups.size >= limits.registryLookups) throw busy();
    const outcome = Promise.withResolvers<EngineAnswer>();
    // Nobody may be waiting any more when it fails.
    outcome.promise.catch(() => undefined);
    const lookup: Lookup = { key, call, outcome, waiters: 0, beganMs: undefined };
    registry.lookups.set(key, lookup);
    this.#goOn(registry);
    return lookup;
  }

  #isSilent(registry: Registry): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs < registry.silentUntilMs) return true;
    for (const { beganMs = nowMs } of registry.lookups.values())
      if (nowMs - beganMs >= limits.apiDistributionMs) return true;
    return false;
  }

  /** Begins what may begin. */
  #goOn(registry: Registry): void {
    const width = registry.isQuick ? limits.registryLookupsAtOnce : 1;
    const lookups = [...registry.lookups.values()];
    let running = lookups.filter(({ beganMs }) => beganMs !== undefined).length;
    for (const lookup of lookups) {
      if (running >= width) return;
      if (lookup.beganMs !== undefined) continue;
      running += 1;
      lookup.beganMs = this.#clock.nowMs();
      void this.#run(registry, lookup, lookup.beganMs);
    }
  }

  async #run(registry: Registry, lookup: Lookup, beganMs: number): Promise<void> {
    // The engine goes on when a client leaves; so does the question.
    const { signal } = new AbortController();
    const call = { ...lookup.call, context: { ...lookup.call.context, signal } };
    try {
      const answer = await this.#engine.ask(call, limits.apiEngineAnswerMs);
      this.#note(registry, beganMs, answer.status < 500);
      lookup.outcome.resolve(answer);
    } catch (error) {
      this.#note(registry, beganMs, false);
      lookup.outcome.reject(error);
    } finally {
      registry.lookups.delete(lookup.key);
      this.#goOn(registry);
    }
  }

  /** A failure that came quickly costs nothing when it comes again; one that took long is not to be had again soon. */
  #note(registry: Registry, beganMs: number, hasAnswered: boolean): void {
    const nowMs = this.#clock.nowMs();
    const isSlow = nowMs - beganMs >= limits.apiDistributionMs;
    registry.isQuick = hasAnswered && !isSlow;
    if (!hasAnswered && isSlow) registry.silentUntilMs = nowMs + limits.registrySilentMs;
  }

  async #inTime(lookup: Lookup, signal: AbortSignal): Promise<EngineAnswer> {
    const timer = new AbortController();
    const stop = (): void => {
      timer.abort(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const late = this.#clock.sleep(limits.apiDistributionMs, timer.signal).then(() => {
      throw silent();
    });
    try {
      return await Promise.race([lookup.outcome.promise, late]);
    } catch (error) {
      signal.throwIfAborted();
      if (isShoalError(error, 'timeout')) throw silent();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      timer.abort(answered);
      late.catch(() => undefined);
    }
  }

  #forgetIdle(): void {
    for (const [name, { lookups, silentUntilMs }] of this.#registries)
      if (lookups.size === 0 && this.#clock.nowMs() >= silentUntilMs) this.#registries.delete(name);
  }
}

const answered = new Error('the lookup is over');

/** What makes two questions the same: what is asked, and who asks. */
function keyOf({ request, minor }: Call): string {
  const auth = request.headers.get('x-registry-auth') ?? '';
  return [minor, request.path, request.query.toString(), auth].join('\n');
}

function silent(): ShoalError {
  return new ShoalError('unavailable', 'the registry does not answer in time');
}

function busy(): ShoalError {
  return new ShoalError('tooBusy', 'too many images are looked up on registries');
}
