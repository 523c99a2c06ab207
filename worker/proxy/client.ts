import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { ByteStream, Net } from '../../common/ports/net.ts';
import type { Random } from '../../common/pure/random.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import type { EndpointSet } from '../../proto/gen/dispatcher.ts';
import {
  newProxyAcknowledge,
  newProxyEndpoints,
  newProxyStats,
  type PortFailure,
  type ProxyAcknowledge,
  type ProxyEndpoints,
  type ProxyHello,
  type ProxyStats,
} from '../../proto/gen/node.ts';
import { planPorts } from '../routing/port-plan.ts';
import { Bell } from './bell.ts';
import { proxyProtocol } from './channel.ts';
import type { ProxyStatus, PublishedPorts } from './port.ts';
import { ProxySession } from './session.ts';

/** How long a proxy may take from its start to its first word, on a slow machine too. */
const startMs = 20_000;
const dialRetryMs = 25;
/** A proxy that listens and says nothing for so long is taken for dead. */
const helloMs = 5_000;
const backoffMsFirst = 100;
const backoffMsMax = 10_000;
/** For a message to leave before its connection is closed. */
const lastWordMs = 100;
/** A connection that lived this long clears the back-off. */
const stableMs = 5_000;
/** How often a proxy that does not tell of drains is asked. */
const drainPollMs = 250;
/** How long a proxy of another version may keep its connections. */
const replaceGraceMs = 3_600_000;

/**
 * unknown = whether a proxy runs has to be looked up; absent = none runs; starting = it was started and has said nothing
 * yet.
 */
type Phase = 'unknown' | 'absent' | 'starting' | 'connected';

/** Starts the proxy process. */
export interface ProxySpawner {
  /** Returns once the process runs; when it listens shows on its socket. Failures are `ShoalError`s of code `unavailable`. */
  spawn(): Promise<void>;
}

export interface ClientDependencies {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly spawner: ProxySpawner;
  /** Control socket of the proxy process. */
  readonly socketPath: string;
  /** This process, as the proxy is told. */
  readonly pid: number;
  readonly build: string;
}

interface Waiter {
  /** The apply that it belongs to. */
  readonly sequence: number;
  resolve(acknowledge: ProxyAcknowledge): void;
}

interface Wanted {
  readonly sequence: number;
  readonly endpoints: ProxyEndpoints;
  /** There is a port to listen on, so a proxy has to run. */
  readonly needsProxy: boolean;
  readonly planFailures: readonly PortFailure[];
}

/**
 * The proxy process as the agent sees it: adopted when it runs, started when first needed, started again when it died.
 *
 * `run` has to run for anything to happen.
 */
export class ProxyClient implements PublishedPorts {
  readonly #dependencies: ClientDependencies;
  /** Rings whenever something below has changed. */
  readonly #changed = new Bell();
  readonly #waiters = new Set<Waiter>();
  #phase: Phase = 'unknown';
  #session: ProxySession | undefined;
  /** The one that was asked to end. */
  #ending: ProxySession | undefined;
  #wanted: Wanted | undefined;
  /** What was sent and not acknowledged yet: one at a time, the newest follows. */
  #inFlight: Wanted | undefined;
  #isReplacing = false;
  #sequence = 0;
  #pid = 0;
  #version = 0;
  #failures: readonly PortFailure[] = [];
  #error: string | undefined;

  constructor(dependencies: ClientDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Keeps the connection. The proxy goes on when this ends.
   * @throws the signal's reason once `signal` aborts.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    let failures = 0;
    for (;;) {
      const beginMs = clock.nowMs();
      await this.#attempt(signal);
      failures = clock.nowMs() - beginMs >= stableMs ? 1 : failures + 1;
      await clock.sleep(this.#backoffMs(failures), signal);
    }
  }

  async apply(
    version: number,
    sets: readonly EndpointSet[],
    signal: AbortSignal,
  ): Promise<ProxyAcknowledge> {
    signal.throwIfAborted();
    if (this.#waiters.size >= limits.proxyRequests) {
      throw new ShoalError('tooBusy', 'too many requests wait for the proxy');
    }
    const plan = planPorts(sets);
    this.#sequence += 1;
    const { promise, resolve } = Promise.withResolvers<ProxyAcknowledge>();
    const waiter = { sequence: this.#sequence, resolve };
    this.#wanted = {
      sequence: this.#sequence,
      endpoints: newProxyEndpoints({ version, sets }),
      needsProxy: plan.ports.length > 0,
      planFailures: plan.failures,
    };
    this.#waiters.add(waiter);
    this.#sendWanted();
    this.#answerWithoutProxy();
    this.#changed.ring();
    try {
      return await abortable(promise, signal);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  async stats(signal: AbortSignal): Promise<ProxyStats> {
    while (this.#phase === 'unknown' || this.#phase === 'starting')
      await this.#changed.wait(signal);
    if (this.#session === undefined) return newProxyStats();
    return await abortable(this.#session.stats(), signal);
  }

  async drained(taskId: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      while (this.#phase === 'unknown' || this.#phase === 'starting')
        await this.#changed.wait(signal);
      const session = this.#session;
      // Connections end with the process that carries them.
      if (session === undefined) return;
      const { tellsDrained } = await session.hello;
      const isDrained = tellsDrained
        ? await abortable(session.drained(taskId), signal)
        : await this.#pollDrained(session, taskId, signal);
      if (isDrained) return;
    }
  }

  async stop(graceMs: number, signal: AbortSignal): Promise<void> {
    this.#wanted = undefined;
    this.#changed.ring();
    while (this.#phase === 'unknown' || this.#phase === 'starting')
      await this.#changed.wait(signal);
    const session = this.#session;
    if (session === undefined) return;
    this.#ending = session;
    session.sendStop(graceMs);
    await abortable(session.closed, signal);
    while (this.#session === session) await this.#changed.wait(signal);
  }

  status(): ProxyStatus {
    const error = this.#error === undefined ? {} : { error: this.#error };
    return {
      running: this.#session !== undefined,
      pid: this.#pid,
      version: this.#version,
      failures: this.#failures,
      ...error,
    };
  }

  /** Asks a proxy of an older build, which does not tell by itself, over and over. False when its connection closes first. */
  async #pollDrained(session: ProxySession, taskId: string, signal: AbortSignal): Promise<boolean> {
    try {
      for (;;) {
        const { tasks } = await abortable(session.stats(), signal);
        if (!tasks.some((task) => task.taskId === taskId)) return true;
        await this.#dependencies.clock.sleep(drainPollMs, signal);
      }
    } catch (error) {
      if (!isShoalError(error, 'unavailable')) throw error;
      return false;
    }
  }

  /** Connects, starting a proxy if that is needed, and serves until the connection ends. */
  async #attempt(signal: AbortSignal): Promise<void> {
    try {
      const stream = (await this.#dial(signal)) ?? (await this.#start(signal));
      await this.#serve(stream, signal);
    } catch (error) {
      if (signal.aborted || !isShoalError(error)) throw error;
      this.#error =
        error.code === 'timeout' ? 'proxy process does not answer in time' : error.message;
      this.#dependencies.log.at('error', 'proxy process does not serve', { error });
    }
  }

  /** Undefined when nobody listens. */
  async #dial(signal: AbortSignal): Promise<ByteStream | undefined> {
    const { net, socketPath } = this.#dependencies;
    try {
      return await net.dial({ kind: 'unix', path: socketPath }, signal);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      return undefined;
    }
  }

  /** Waits until a proxy is needed, then starts one and connects. */
  async #start(signal: AbortSignal): Promise<ByteStream> {
    this.#enter('absent');
    while (this.#isIdle()) {
      this.#error = undefined;
      this.#answerWithoutProxy();
      await this.#changed.wait(signal);
    }
    this.#enter('starting');
    try {
      await this.#dependencies.spawner.spawn();
      return await this.#dialNew(signal);
    } catch (error) {
      this.#enter('absent');
      throw error;
    }
  }

  async #dialNew(signal: AbortSignal): Promise<ByteStream> {
    const { clock } = this.#dependencies;
    return await withDeadline({ clock, durationMs: startMs, signal }, async (inner) => {
      for (;;) {
        const stream = await this.#dial(inner);
        if (stream !== undefined) return stream;
        await clock.sleep(dialRetryMs, inner);
      }
    });
  }

  async #serve(stream: ByteStream, signal: AbortSignal): Promise<void> {
    const { clock, log, pid, build } = this.#dependencies;
    const session = new ProxySession(stream, { pid, build }, (acknowledge) => {
      if (this.#session === session) this.#acknowledged(acknowledge);
    });
    try {
      const deadline = { clock, durationMs: helloMs, signal };
      const hello = await withDeadline(deadline, (inner) => abortable(session.hello, inner));
      if (hello.protocol !== proxyProtocol) {
        await this.#replace(session, hello, signal);
        return;
      }
      log.at('info', 'proxy process is connected', { pid: hello.pid, build: hello.build });
      this.#begin(session, hello.pid);
      await abortable(session.closed, signal);
      if (this.#ending === session) log.at('info', 'proxy process has ended', { pid: hello.pid });
      else log.at('warn', 'connection to the proxy process is lost', { pid: hello.pid });
    } finally {
      session.close();
      this.#end();
    }
  }

  /** Asks a proxy of another version to end: it lets go of socket and ports at once, and of its connections later. */
  async #replace(session: ProxySession, hello: ProxyHello, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#dependencies;
    log.at('warn', 'proxy of another version is replaced', {
      pid: hello.pid,
      protocol: hello.protocol,
    });
    session.sendStop(replaceGraceMs);
    this.#isReplacing = true;
    await clock.sleep(lastWordMs, signal);
  }

  #begin(session: ProxySession, pid: number): void {
    this.#session = session;
    this.#pid = pid;
    this.#error = undefined;
    this.#isReplacing = false;
    this.#sendWanted();
    this.#enter('connected');
  }

  #end(): void {
    this.#session = undefined;
    this.#ending = undefined;
    this.#inFlight = undefined;
    this.#pid = 0;
    this.#version = 0;
    this.#failures = [];
    this.#enter('unknown');
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#changed.ring();
  }

  #isIdle(): boolean {
    // What was replaced served something: its successor serves the same until the agent says what is true.
    if (this.#wanted === undefined) return !this.#isReplacing;
    return !this.#wanted.needsProxy;
  }

  #sendWanted(): void {
    if (this.#session === undefined || this.#inFlight !== undefined) return;
    if (this.#wanted === undefined) return;
    this.#inFlight = this.#wanted;
    this.#session.sendEndpoints(this.#wanted.endpoints);
  }

  #acknowledged(acknowledge: ProxyAcknowledge): void {
    this.#version = acknowledge.version;
    this.#failures = acknowledge.failures;
    const followed = this.#inFlight;
    // A proxy also speaks unasked, when a port could be bound at last.
    if (followed === undefined || followed.endpoints.version !== acknowledge.version) return;
    this.#inFlight = undefined;
    this.#answer(followed.sequence, acknowledge);
    if (this.#wanted !== undefined && this.#wanted.sequence > followed.sequence) this.#sendWanted();
  }

  /** Where no proxy runs and none is needed, whatever is wanted holds already. */
  #answerWithoutProxy(): void {
    if (this.#phase !== 'absent' || !this.#isIdle()) return;
    const planFailures = this.#wanted?.planFailures ?? [];
    const version = this.#wanted?.endpoints.version ?? 0;
    this.#version = version;
    this.#failures = planFailures;
    this.#answer(this.#sequence, newProxyAcknowledge({ version, failures: planFailures }));
  }

  #answer(sequence: number, acknowledge: ProxyAcknowledge): void {
    for (const waiter of this.#waiters) {
      if (waiter.sequence <= sequence) waiter.resolve(acknowledge);
    }
  }

  #backoffMs(failures: number): number {
    const fullMs = Math.min(backoffMsMax, backoffMsFirst * 2 ** Math.min(failures - 1, 10));
    return fullMs / 2 + (fullMs / 2) * this.#dependencies.random.unit();
  }
}

/** Waits for `promise`, but not after `signal` aborts; the promise itself goes on. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
