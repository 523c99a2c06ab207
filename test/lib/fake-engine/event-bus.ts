import type { Clock } from '../../../common/ports/clock.ts';
import type { EngineEvent, EngineFilters, StringMap } from '../../../common/ports/engine-api.ts';
import { ShoalError } from '../../../common/pure/errors.ts';

/** Events that an engine remembers for those who ask with `since`. */
const rememberedEvents = 256;

interface Subscriber {
  readonly filters: EngineFilters;
  readonly queue: EngineEvent[];
  wake: () => void;
  failure: ShoalError | undefined;
}

/** The event stream of one fake engine: a short memory, and any number of readers. */
export class EventBus {
  readonly #clock: Clock;
  readonly #subscribers = new Set<Subscriber>();
  #memory: EngineEvent[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(type: string, action: string, id: string, attributes: StringMap): void {
    const event: EngineEvent = {
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      timeNano: this.#clock.wallMs() * 1_000_000,
    };
    this.#memory = [...this.#memory, event].slice(-rememberedEvents);
    for (const subscriber of this.#subscribers) {
      if (!matches(event, subscriber.filters)) continue;
      subscriber.queue.push(event);
      subscriber.wake();
    }
  }

  /** Ends every stream, as a lost connection does; `forget` drops the memory too, as a restart does. */
  breakStreams(forget: boolean): void {
    if (forget) this.#memory = [];
    for (const subscriber of this.#subscribers) {
      subscriber.failure = new ShoalError(
        'engineUnavailable',
        'the connection to the engine broke',
      );
      subscriber.wake();
    }
    this.#subscribers.clear();
  }

  /** Subscribes at once; the events come when the result is iterated, each `delayMs()` late. */
  subscribe(
    sinceMs: number,
    filters: EngineFilters,
    delayMs: () => number,
    signal: AbortSignal,
  ): AsyncIterable<EngineEvent> {
    const remembered = this.#memory.filter(
      (event) => event.timeNano >= sinceMs * 1_000_000 && matches(event, filters),
    );
    const subscriber: Subscriber = {
      filters,
      queue: remembered,
      wake: () => undefined,
      failure: undefined,
    };
    this.#subscribers.add(subscriber);
    return this.#read(subscriber, delayMs, signal);
  }

  async *#read(
    subscriber: Subscriber,
    delayMs: () => number,
    signal: AbortSignal,
  ): AsyncGenerator<EngineEvent, void> {
    const onAbort = (): void => {
      subscriber.wake();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        const event = subscriber.queue.shift();
        if (event === undefined) {
          if (subscriber.failure !== undefined) throw subscriber.failure;
          await new Promise<void>((resolve) => {
            subscriber.wake = resolve;
          });
          continue;
        }
        const late = delayMs();
        if (late > 0) await this.#clock.sleep(late, signal);
        yield event;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#subscribers.delete(subscriber);
    }
  }
}

/** The filters of `GET /events` that Shoal uses: type, event, label, container. */
function matches(event: EngineEvent, filters: EngineFilters): boolean {
  return Object.entries(filters).every(([key, values]) => {
    if (key === 'type') return values.includes(event.Type);
    if (key === 'event') return values.some((value) => matchesAction(event.Action, value));
    if (key === 'label') return hasLabels(event.Actor.Attributes, values);
    if (key === 'container') {
      const name = event.Actor.Attributes['name'];
      return values.some((value) => value === name || event.Actor.ID.startsWith(value));
    }
    return true;
  });
}

/** `health_status` stands for `health_status: healthy` and the rest. */
function matchesAction(action: string, wanted: string): boolean {
  return action === wanted || action.startsWith(`${wanted}:`);
}

/** True when `labels` has each of `wanted`, given as `key` or `key=value`. */
export function hasLabels(labels: StringMap, wanted: readonly string[]): boolean {
  return wanted.every((item) => {
    const equals = item.indexOf('=');
    if (equals < 0) return Object.hasOwn(labels, item);
    return labels[item.slice(0, equals)] === item.slice(equals + 1);
  });
}
