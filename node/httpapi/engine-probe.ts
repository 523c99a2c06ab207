import { isShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Clock } from '../../common/ports/clock.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import type { EngineHttp } from './engine-port.ts';

/** What clients choose their builder by; the engine's own, because builds pass through. */
const builderHeader = 'builder-version';

/**
 * Asks the engine now and then which versions it speaks, while somebody asks for a ping.
 *
 * An engine that hangs costs one ping in `engineProbeMs` its deadline; one that is down costs nothing.
 */
export class EngineProbe {
  readonly #engine: EngineHttp;
  readonly #clock: Clock;
  #dueMs = 0;
  #builderVersion: string | undefined;

  constructor(engine: EngineHttp, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** The engine's `Builder-Version`, as last heard. */
  get builderVersion(): string | undefined {
    return this.#builderVersion;
  }

  async refresh(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + limits.apiEngineProbeMs;
    try {
      await this.#ask(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isShoalError(error)) throw error;
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const deadline = { clock: this.#clock, durationMs: limits.apiEnginePingMs, signal };
    await withDeadline(deadline, async (inner) => {
      const request = { method: 'HEAD', path: '/_ping', headers: new Map(), body: undefined };
      const response = await this.#engine.request(request, inner);
      this.#builderVersion = response.headers.get(builderHeader);
      if (response.body instanceof Uint8Array) return;
      for await (const piece of response.body) void piece;
    });
  }
}
