import { isShoalError } from '../../common/pure/errors.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import { Wakeup } from '../../common/run/wakeup.ts';

/** Wait before a value is told again that was not taken, milliseconds. */
const retryMs = 250;

export interface LatestRun<Value> {
  readonly clock: Clock;
  readonly log: Log;
  /** Tells one value. @throws ShoalError `notFound` when nobody will ever take it: that ends the run */
  readonly send: (value: Value, signal: AbortSignal) => Promise<void>;
}

/** A value of which only the newest counts: it is told until it was taken, and what it replaced never is. */
export class Latest<Value> {
  readonly #changed = new Wakeup();
  #value: Value | undefined;
  #told: Value | undefined;

  /** @param told what the other side has already. */
  constructor(told?: Value) {
    this.#value = told;
    this.#told = told;
  }

  put(value: Value): void {
    this.#value = value;
    this.#changed.notify();
  }

  /** Tells each newest value until `signal` aborts. @throws ShoalError `notFound` */
  async run(parts: LatestRun<Value>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const value = this.#value;
      if (value === undefined || value === this.#told) await this.#changed.wait(signal);
      else await this.#tell(parts, value, signal);
    }
  }

  async #tell(
    { clock, log, send }: LatestRun<Value>,
    value: Value,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await send(value, signal);
      this.#told = value;
    } catch (error) {
      if (signal.aborted) return;
      if (!isShoalError(error) || error.code === 'notFound') throw error;
      log.at('debug', 'manager did not take what it was told', { error });
      await clock.sleep(retryMs, signal).catch(() => undefined);
    }
  }
}
