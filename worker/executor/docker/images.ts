import type { Clock } from '../../../common/ports/clock.ts';
import type { EngineApi } from '../../../common/ports/engine-api.ts';
import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { SingleFlight } from '../../../common/run/single-flight.ts';
import { pullFailure } from './pull-failure.ts';
import { PullProgressText } from './pull-progress.ts';

type Progress = (message: string) => void;

/** Those who wait for one image, and what they were told last. */
interface Audience {
  readonly listeners: Set<Progress>;
  text: string;
}

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
  readonly #audiences = new Map<string, Audience>();

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
    const audience = this.#audiences.get(key) ?? { listeners: new Set(), text: '' };
    this.#audiences.set(key, audience);
    audience.listeners.add(progress);
    if (audience.text !== '') progress(audience.text);
    try {
      await this.#looking.run(
        key,
        (shared) => this.#find(image, registryAuth, (text) => tell(audience, text), shared),
        signal,
      );
    } finally {
      audience.listeners.delete(progress);
      if (audience.listeners.size === 0 && this.#audiences.get(key) === audience) {
        this.#audiences.delete(key);
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
    const text = new PullProgressText(image, this.#clock.nowMs());
    progress(text.text);
    try {
      for await (const line of this.#engine.pullImage(image, registryAuth, signal)) {
        if (text.take(line, this.#clock.nowMs())) progress(text.text);
      }
    } catch (error) {
      if (!isShoalError(error) || error.code === 'engineUnavailable') throw error;
      if (await this.#isLocal(image, signal)) return;
      const { fields, message } = error;
      throw new ShoalError('notFound', pullFailure(image, message), { fields, cause: error });
    }
  }
}

function tell(audience: Audience, text: string): void {
  audience.text = text;
  for (const listener of audience.listeners) listener(text);
}
