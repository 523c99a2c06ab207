import { isShoalError } from '../../common/pure/errors.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { RpcChannel } from '../../common/ports/rpc.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import {
  newAcknowledgeEndpointsRequest,
  newAssignmentsRequest,
  newDescribeRequest,
  newEndpointsRequest,
  newHeartbeatRequest,
  newSessionRequest,
} from '../../proto/gen/dispatcher.ts';
import type {
  Assignment,
  AssignmentsMessage,
  EndpointSet,
  EndpointsMessage,
  ManagerAddress,
  SessionMessage,
} from '../../proto/gen/dispatcher.ts';
import type { NodeDescription } from '../../proto/gen/objects.ts';
import { dispatcherClient } from '../../proto/rpc/dispatcher.ts';
import type { DispatcherClient } from '../../proto/rpc/dispatcher.ts';
import type { Reporter } from './reporter.ts';

/** Version of the worker protocol that this build speaks. */
export const workerProtocol = 1;

/** Deadline of one short call, milliseconds. */
const callDeadlineMs = 5_000;
/** Wait before a data stream that ended is opened again within the same session, milliseconds. */
const streamRetryMs = 100;

export interface Hello {
  readonly incarnation: string;
  readonly description: NodeDescription;
  readonly assignmentsVersion: number;
  readonly endpointsVersion: number;
  readonly clusterIncarnation: number;
}

/** Where a session puts what it hears. All calls are synchronous and in order. */
export interface SessionSink {
  assign(assignments: readonly Assignment[], remove: readonly string[]): void;
  /** Everything was said: what is not in `keep` is not this node's any more. */
  assignedAll(keep: ReadonlySet<string>, version: number, clusterIncarnation: number): void;
  assignedVersion(version: number): void;
  endpoints(
    complete: boolean,
    version: number,
    put: readonly EndpointSet[],
    remove: readonly string[],
  ): void;
  managers(managers: readonly ManagerAddress[]): void;
  unknownTask(taskId: string): void;
}

export interface SessionParts {
  readonly channel: RpcChannel;
  readonly clock: Clock;
  readonly log: Log;
  readonly reporter: Reporter;
  readonly hello: Hello;
  readonly sink: SessionSink;
  /** The manager has taken the session. */
  readonly opened: () => void;
}

/**
 * One session with one manager: liveness, assignments, endpoints and reports, each a call of its own.
 *
 * A data stream that fails is opened again alone; the session ends when its own stream does, or when the manager does not know it any more.
 */
export class Session {
  readonly #parts: SessionParts;
  readonly #client: DispatcherClient;
  #sessionId = '';
  #clusterIncarnation = 0;
  #heartbeatPeriodMs = 5_000;
  #acknowledge: { version: number; wake: (() => void) | undefined } = {
    version: 0,
    wake: undefined,
  };

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#client = dispatcherClient(parts.channel);
  }

  /** Runs until the session ends. @throws ShoalError why it did */
  async run(signal: AbortSignal): Promise<void> {
    await using group = new TaskGroup(signal);
    const { hello } = this.#parts;
    const messages = this.#client.session(
      newSessionRequest({
        protocolMin: workerProtocol,
        protocolMax: workerProtocol,
        nodeIncarnation: hello.incarnation,
        description: hello.description,
        assignmentsVersion: hello.assignmentsVersion,
        endpointsVersion: hello.endpointsVersion,
        clusterIncarnation: hello.clusterIncarnation,
      }),
      { signal: group.signal },
    );
    group.spawn('session messages', async () => {
      for await (const message of messages) this.#hear(message, group);
      group.abort();
    });
    await group.settle();
  }

  /** Tells the manager that everything which serves traffic follows `version`. */
  acknowledgeEndpoints(version: number): void {
    this.#acknowledge.version = version;
    this.#acknowledge.wake?.();
  }

  /** Sends a new description of the node; a failure is left to the next session. */
  async describe(description: NodeDescription): Promise<void> {
    const abort = new AbortController();
    try {
      const request = newDescribeRequest({ sessionId: this.#sessionId, description });
      await this.#client.describe(request, { signal: abort.signal, deadlineMs: callDeadlineMs });
    } catch (error) {
      if (!isShoalError(error)) throw error;
      this.#parts.log.at('debug', 'description was not taken', { error });
    }
  }

  #hear(message: SessionMessage, group: TaskGroup): void {
    this.#heartbeatPeriodMs = message.heartbeatPeriodMs;
    this.#clusterIncarnation = message.clusterIncarnation;
    this.#parts.sink.managers(message.managers);
    if (this.#sessionId !== '') return;
    this.#sessionId = message.sessionId;
    this.#parts.opened();
    group.spawn('heartbeats', (signal) => this.#beat(signal));
    group.spawn('assignments', (signal) =>
      this.#keepStream(signal, () => this.#followAssignments(signal)),
    );
    group.spawn('endpoints', (signal) =>
      this.#keepStream(signal, () => this.#followEndpoints(signal)),
    );
    group.spawn('acknowledgements', (signal) => this.#sendAcknowledgements(signal));
    group.spawn('reports', (signal) => this.#sendReports(signal));
  }

  async #beat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#parts.clock.sleep(this.#heartbeatPeriodMs, signal);
      const request = newHeartbeatRequest({ sessionId: this.#sessionId });
      const response = await this.#client.heartbeat(request, {
        signal,
        deadlineMs: callDeadlineMs,
      });
      if (response.periodMs > 0) this.#heartbeatPeriodMs = response.periodMs;
    }
  }

  /** Runs a data stream again whenever it ends, until the session does. An unknown session ends everything. */
  async #keepStream(signal: AbortSignal, follow: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (signal.aborted) return;
        if (!isShoalError(error) || error.code === 'notFound') throw error;
        this.#parts.log.at('debug', 'stream of the session ended', { error });
      }
      await this.#parts.clock.sleep(streamRetryMs, signal).catch(() => undefined);
    }
  }

  async #followAssignments(signal: AbortSignal): Promise<void> {
    const keep = new Set<string>();
    let version = 0;
    const request = newAssignmentsRequest({ sessionId: this.#sessionId });
    for await (const message of this.#client.assignments(request, { signal })) {
      if (message.appliesTo !== version) return;
      this.#takeAssignments(message, keep);
      if (message.last) version = message.version;
    }
  }

  #takeAssignments(message: AssignmentsMessage, keep: Set<string>): void {
    const { sink } = this.#parts;
    sink.assign(message.assign, message.remove);
    if (!message.complete) {
      sink.assignedVersion(message.version);
      return;
    }
    for (const assignment of message.assign) keep.add(assignment.taskId);
    if (!message.last) return;
    sink.assignedAll(keep, message.version, this.#clusterIncarnation);
  }

  async #followEndpoints(signal: AbortSignal): Promise<void> {
    let version = 0;
    let put: EndpointSet[] = [];
    const request = newEndpointsRequest({ sessionId: this.#sessionId });
    for await (const message of this.#client.endpoints(request, { signal })) {
      if (message.appliesTo !== version) return;
      put.push(...message.put);
      if (!message.last) continue;
      this.#takeEndpoints(message, put);
      put = [];
      version = message.version;
    }
  }

  #takeEndpoints(message: EndpointsMessage, put: readonly EndpointSet[]): void {
    this.#parts.sink.endpoints(message.complete, message.version, put, message.remove);
  }

  async #sendAcknowledgements(signal: AbortSignal): Promise<void> {
    let told = 0;
    while (!signal.aborted) {
      if (this.#acknowledge.version === told) {
        await this.#untilAcknowledged(signal);
        continue;
      }
      const { version } = this.#acknowledge;
      const request = newAcknowledgeEndpointsRequest({ sessionId: this.#sessionId, version });
      await this.#client.acknowledgeEndpoints(request, { signal, deadlineMs: callDeadlineMs });
      told = version;
    }
  }

  #untilAcknowledged(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#acknowledge.wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#acknowledge.wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #sendReports(signal: AbortSignal): Promise<void> {
    const { clock, sink, reporter } = this.#parts;
    const unknown = (taskId: string): void => {
      sink.unknownTask(taskId);
    };
    return reporter.run(
      { client: this.#client, sessionId: this.#sessionId, clock, unknown },
      signal,
    );
  }
}
