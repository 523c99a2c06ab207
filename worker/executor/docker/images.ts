import type { Clock } from '../../../common/ports/clock.ts';
import type { EngineApi } from '../../../common/ports/engine-api.ts';
import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { SingleFlight } from '../../../common/run/single-flight.ts';

/** How often a pull may tell of its progress, in milliseconds. */
const progressPeriodMs = 1000;

type Progress = (message: string) => void;

/**
 * Images on the local engine. Whoever needs the same image at the same time shares one look and one pull, and an image that was
 * just seen is not looked for again.
 */
export class Images {
  readonly #engine: EngineApi;
  readonly #clock: Clock;
  /** When each image was last seen, oldest first. */
  readonly #seenAtMs = new Map<string, number>();
  readonly #looking = new SingleFlight<void>();
  readonly #listeners = new Map<string, Set<Progress>>();

  constructor(engine: EngineApi, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /**
   * Makes sure that the engine has `image`; pulls it only when it has not.
   * @param registryAuth value of `X-Registry-Auth`, or empty.
   * @throws ShoalError `notFound` ("No such image: ...", with what the registry said) when it cannot be had.
   */
  async ensure(
    image: string,
    registryAuth: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    const seenAtMs = this.#seenAtMs.get(image);
    if (seenAtMs !== undefined && this.#clock.nowMs() - seenAtMs < limits.engineImageSeenMs) return;
    const key = `${image}\n${registryAuth}`;
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(progress));
    const tell: Progress = (message) => {
      for (const listener of listeners) listener(message);
    };
    try {
      await this.#looking.run(
        key,
        (shared) => this.#find(image, registryAuth, tell, shared),
        signal,
      );
    } finally {
      listeners.delete(progress);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) {
        this.#listeners.delete(key);
      }
    }
  }

  /** The image turned out to be gone: look again next time. */
  forget(image: string): void {
    this.#seenAtMs.delete(image);
  }

  async #find(
    image: string,
    registryAuth: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    if (!(await this.#isLocal(image, signal))) {
      await this.#pull(image, registryAuth, progress, signal);
    }
    this.#seenAtMs.delete(image);
    this.#seenAtMs.set(image, this.#clock.nowMs());
    if (this.#seenAtMs.size <= limits.engineImagesSeen) return;
    const [oldest] = this.#seenAtMs.keys();
    if (oldest !== undefined) this.#seenAtMs.delete(oldest);
  }

  async #isLocal(image: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#engine.inspectImage(image, signal);
      return true;
    } catch (error) {
      if (isShoalError(error, 'notFound')) return false;
      throw error;
    }
  }

  /** A pull that fails is no failure when the image is there nevertheless: loaded or built meanwhile. */
  async #pull(
    image: string,
    registryAuth: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    progress(`pulling image ${image}`);
    let toldAtMs = this.#clock.nowMs();
    try {
      for await (const line of this.#engine.pullImage(image, registryAuth, signal)) {
        if (this.#clock.nowMs() - toldAtMs < progressPeriodMs) continue;
        toldAtMs = this.#clock.nowMs();
        progress(`pulling image ${image}: ${line.status}`);
      }
    } catch (error) {
      if (!isShoalError(error) || error.code === 'engineUnavailable') throw error;
      if (await this.#isLocal(image, signal)) return;
      throw noSuchImage(image, error);
    }
  }
}

/** Swarm mode says only the first half; the second is what people need to act on. */
function noSuchImage(image: string, cause: ShoalError): ShoalError {
  return new ShoalError('notFound', `No such image: ${image}: ${cause.message}`, {
    fields: cause.fields,
    cause,
  });
}
