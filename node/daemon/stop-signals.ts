import type { Log } from '../../common/ports/log.ts';

/**
 * SIGTERM and SIGINT ask the daemon to stop; a second one ends it at once, without order. SIGHUP is taken and changes nothing: options are
 * read once at start.
 */
export class StopSignals implements Disposable {
  readonly #log: Log;
  readonly #stop = Promise.withResolvers<void>();
  #isAsked = false;
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#isAsked) {
      this.#log.at('warn', 'told to stop twice: ending at once', { signal });
      process.exit(1);
    }
    this.#isAsked = true;
    this.#log.at('info', 'stopping', { signal });
    this.#stop.resolve();
  };
  readonly #onHangUp = (): void => {
    this.#log.at('info', 'options are read at start only: restart the daemon to change them');
  };

  constructor(log: Log) {
    this.#log = log;
    process.on('SIGTERM', this.#onSignal);
    process.on('SIGINT', this.#onSignal);
    process.on('SIGHUP', this.#onHangUp);
    // Nobody may be waiting yet when something fails.
    this.#stop.promise.catch(() => undefined);
  }

  /** Resolves when the daemon is asked to stop. @throws what was given to `fail` */
  get requested(): Promise<void> {
    return this.#stop.promise;
  }

  /** Something that the daemon cannot go on without has failed. */
  fail(error: unknown): void {
    this.#isAsked = true;
    this.#stop.reject(error);
  }

  [Symbol.dispose](): void {
    process.off('SIGTERM', this.#onSignal);
    process.off('SIGINT', this.#onSignal);
    process.off('SIGHUP', this.#onHangUp);
  }
}
