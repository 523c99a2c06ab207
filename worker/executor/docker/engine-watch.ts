import type { Clock } from '../../../common/ports/clock.ts';
import type { EngineApi, EngineEvent } from '../../../common/ports/engine-api.ts';
import type { Log } from '../../../common/ports/log.ts';
import { isShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import type { Random } from '../../../common/pure/random.ts';
import { TaskGroup } from '../../../common/run/task-group.ts';
import type { ContainerTable } from './container-table.ts';
import { DisconnectWatch } from './disconnect-watch.ts';
import type { EventQueue } from './event-queue.ts';
import { taskLabels } from './names.ts';

/** Events that mean "look at this container". Health checks make three exec events a run: those are left out. */
const watchedActions = [
  'create',
  'start',
  'die',
  'oom',
  'pause',
  'unpause',
  'health_status',
  'destroy',
];

/** The engine begins to listen just after it has answered; what it remembers of this time closes the gap. */
const overlapMs = 2000;

/** Pings in a row without an answer after which a silent stream counts as lost. */
const lostPings = 2;

export interface EngineWatchParts {
  readonly engine: EngineApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly nodeId: string;
  readonly table: ContainerTable;
  /** Another engine may be there now: what was known of it is to be forgotten. */
  readonly onConnected: () => void;
}

/** Follows the engine's events, keeps the table, and tells a queue; for as long as its signal lives, whatever the engine does. */
export class EngineWatch {
  readonly #parts: EngineWatchParts;
  readonly #queue: EventQueue;
  /** What was told last; undefined = nothing yet. */
  #isAvailable: boolean | undefined;
  #failures = 0;

  constructor(parts: EngineWatchParts, queue: EventQueue) {
    this.#parts = parts;
    this.#queue = queue;
  }

  /** Returns when `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isShoalError(error)) throw error;
        this.#parts.table.lose();
        await this.#rest(error, signal);
      }
    }
  }

  /** One connection, until it breaks. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { engine, clock, nodeId, table } = this.#parts;
    const label = `${taskLabels.nodeId}=${nodeId}`;
    await using group = new TaskGroup(signal);
    const sinceMs = clock.wallMs() - overlapMs;
    const stream = await engine.events(
      { sinceMs, filters: { type: ['container'], event: watchedActions, label: [label] } },
      group.signal,
    );
    // Events of networks carry no labels of containers: all come.
    const networkStream = await engine.events(
      { sinceMs, filters: { type: ['network'], event: ['disconnect'] } },
      group.signal,
    );
    table.beginListing();
    table.complete(await engine.listContainers({ label: [label] }, group.signal));
    this.#connected();
    const disconnects = new DisconnectWatch({ clock, table, queue: this.#queue });
    group.spawn('engine events', () => this.#read(stream));
    group.spawn('engine network events', () => disconnects.read(networkStream));
    group.spawn('disconnected containers', (inner) => disconnects.tell(inner));
    group.spawn('engine pings', (inner) => this.#ping(inner));
    await group.settle();
    signal.throwIfAborted();
  }

  #connected(): void {
    this.#failures = 0;
    this.#parts.onConnected();
    this.#tellAvailable(true);
    this.#queue.push({ kind: 'resync' });
  }

  async #read(stream: AsyncIterable<EngineEvent>): Promise<void> {
    for await (const event of stream) this.#note(event);
  }

  #note(event: EngineEvent): void {
    const taskId = event.Actor.Attributes[taskLabels.taskId];
    if (taskId === undefined) return;
    const { table } = this.#parts;
    if (event.Action === 'create') {
      // Most are our own, and known: nobody needs to look at those.
      if (!table.putIfNone(taskId, event.Actor.ID)) return;
    } else if (event.Action === 'destroy') table.remove(taskId, event.Actor.ID);
    else table.touch(taskId);
    this.#queue.pushContainer(taskId);
  }

  /** A stream that is silent may be one whose engine hangs. */
  async #ping(signal: AbortSignal): Promise<void> {
    const { engine, clock } = this.#parts;
    let unanswered = 0;
    for (;;) {
      await clock.sleep(limits.engineQuietMs, signal);
      try {
        await engine.ping(signal);
        unanswered = 0;
      } catch (error) {
        unanswered += 1;
        if (unanswered >= lostPings) throw error;
      }
    }
  }

  /** The first attempt to come back follows at once: a stream may break while the engine is well. */
  async #rest(error: Error, signal: AbortSignal): Promise<void> {
    this.#failures += 1;
    if (this.#failures === 1 && this.#isAvailable === true) return;
    if (this.#isAvailable !== false) this.#parts.log.at('warn', 'engine is unavailable', { error });
    this.#tellAvailable(false);
    const doubled = limits.engineBackoffMs * 2 ** Math.min(this.#failures - 1, 16);
    const longestMs = Math.min(doubled, limits.engineBackoffMsMax);
    await this.#parts.clock
      .sleep(longestMs * (0.5 + this.#parts.random.unit() / 2), signal)
      .catch(() => undefined);
  }

  #tellAvailable(available: boolean): void {
    if (this.#isAvailable === available) return;
    if (this.#isAvailable === false) this.#parts.log.at('info', 'engine is available', {});
    this.#isAvailable = available;
    this.#queue.push({ kind: 'engine', available });
  }
}
