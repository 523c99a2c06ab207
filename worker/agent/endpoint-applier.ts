import { isShoalError } from '../../common/pure/errors.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { EndpointSet } from '../../proto/gen/dispatcher.ts';
import type { PortFailure } from '../../proto/gen/node.ts';

/** Wait before endpoints are applied again after the proxy failed, milliseconds. */
const applyRetryMs = 500;

/** What serves the endpoints: resolves once listeners and picks follow `version`. */
export interface EndpointServer {
  apply(
    version: number,
    sets: readonly EndpointSet[],
    signal: AbortSignal,
  ): Promise<{ readonly version: number; readonly failures: readonly PortFailure[] }>;
  /** Resolves when no connection to the task is open any more. @throws ShoalError when that cannot be known */
  drained(taskId: string, signal: AbortSignal): Promise<void>;
}

export interface EndpointApplierParts {
  readonly server: EndpointServer;
  readonly clock: Clock;
  readonly log: Log;
  /** All parts that serve traffic follow this version now. */
  readonly applied: (version: number) => void;
}

/**
 * Hands the newest endpoint sets to what serves them, one version at a time, and says when it follows.
 *
 * Versions that came while one was being applied are skipped: only the newest counts.
 */
export class EndpointApplier {
  readonly #parts: EndpointApplierParts;
  #wanted: { readonly version: number; readonly sets: readonly EndpointSet[] } | undefined;
  /** Ports of the last version that could not be bound: each is told in the log once. */
  #failures: readonly PortFailure[] = [];
  readonly #changed = new Wakeup();

  constructor(parts: EndpointApplierParts) {
    this.#parts = parts;
  }

  want(version: number, sets: readonly EndpointSet[]): void {
    this.#wanted = { version, sets };
    this.#changed.notify();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wanted = this.#wanted;
      if (wanted === undefined) await this.#changed.wait(signal);
      else if (await this.#apply(wanted.version, wanted.sets, signal)) this.#done(wanted);
    }
  }

  async #apply(
    version: number,
    sets: readonly EndpointSet[],
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const acknowledged = await this.#parts.server.apply(version, sets, signal);
      this.#noteFailures(acknowledged.failures);
      this.#parts.applied(version);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!isShoalError(error)) throw error;
      this.#parts.log.at('warn', 'endpoints could not be applied', { version, error });
      await this.#parts.clock.sleep(applyRetryMs, signal).catch(() => undefined);
      return false;
    }
  }

  #done(wanted: object): void {
    if (this.#wanted === wanted) this.#wanted = undefined;
  }

  #noteFailures(failures: readonly PortFailure[]): void {
    for (const failure of failures) {
      if (
        this.#failures.some((known) => known.port === failure.port && known.error === failure.error)
      )
        continue;
      this.#parts.log.at('warn', 'published port could not be bound', { ...failure });
    }
    this.#failures = failures;
  }
}
