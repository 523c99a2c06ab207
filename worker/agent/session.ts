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
  SessionMessage,
} from '../../proto/gen/dispatcher.ts';
import type { NodeDescription } from '../../proto/gen/objects.ts';
import { dispatcherClient } from '../../proto/rpc/dispatcher.ts';
import type { DispatcherClient } from '../../proto/rpc/dispatcher.ts';
import { Latest } from './latest.ts';
import type { Reporter } from './reporter.ts';

/** Version of the worker protocol that this build speaks. */
const workerProtocol = 1;

/** Deadline of one short call, milliseconds. */
const callDeadlineMs = 5_000;
/** Deadline of a call that is answered after a commit, milliseconds: longer than the manager waits for one. */
const commitDeadlineMs = 25_000;
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
  /** What the manager says of the node and of all managers: when it takes the session, and whenever that changes. */
  heard(message: SessionMessage): void;
  unknownTask(taskId: string): void;
}

/** Serves a manager with logs until it stops asking. @throws ShoalError why it did */
export interface LogSource {
  serve(channel: RpcChannel, sessionId: string, signal: AbortSignal): Promise<void>;
}

export interface SessionParts {
  readonly channel: RpcChannel;
  readonly clock: Clock;
  readonly log: Log;
  readonly reporter: Reporter;
  readonly hello: Hello;
  readonly sink: SessionSink;
  /** Gives the manager the logs that it asks for; without it there are none. */
  readonly logs?: LogSource;
  /** The manager has taken the session. */
  readonly opened: () => void;
}

/**
 * One session with one manager: liveness, assignments, endpoints and reports, each a call of its own.
 *
 * A data stream that fails is opened again alone; a session is over when its own stream ends, or when the manager does not know it any more.
 */
export class Session {
  readonly #parts: SessionParts;
  readonly #client: DispatcherClient;
  #sessionId = '';
  #clusterIncarnation = 0;
  #heartbeatPeriodMs = 5_000;
  readonly #endpointsVersion = new Latest<number>();
  readonly #description: Latest<NodeDescription>;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#client = dispatcherClient(parts.channel);
    this.#description = new Latest(parts.hello.description);
  }

  /** Runs until it is over. @throws ShoalError why it did */
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
    this.#endpointsVersion.put(version);
  }

  /** Tells the manager another description of the node. */
  describe(description: NodeDescription): void {
    this.#description.put(description);
  }

  #hear(message: SessionMessage, group: TaskGroup): void {
    this.#heartbeatPeriodMs = message.heartbeatPeriodMs;
    this.#clusterIncarnation = message.clusterIncarnation;
    this.#parts.sink.heard(message);
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
    group.spawn('descriptions', (signal) => this.#sendDescriptions(signal));
    group.spawn('reports', (signal) => this.#sendReports(signal));
    const { logs, channel } = this.#parts;
    if (logs === undefined) return;
    group.spawn('logs', (signal) =>
      this.#keepStream(signal, () => logs.serve(channel, this.#sessionId, signal)),
    );
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
    if (message.complete) for (const { taskId } of message.assign) keep.add(taskId);
    if (!message.last) return;
    if (message.complete) sink.assignedAll(keep, message.version, this.#clusterIncarnation);
    else sink.assignedVersion(message.version);
  }

  async #followEndpoints(signal: AbortSignal): Promise<void> {
    let version = 0;
    let put: EndpointSet[] = [];
    let remove: string[] = [];
    const request = newEndpointsRequest({ sessionId: this.#sessionId });
    for await (const message of this.#client.endpoints(request, { signal })) {
      if (message.appliesTo !== version) return;
      put.push(...message.put);
      remove.push(...message.remove);
      if (!message.last) continue;
      this.#parts.sink.endpoints(message.complete, message.version, put, remove);
      put = [];
      remove = [];
      version = message.version;
    }
  }

  #sendAcknowledgements(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    const send = async (version: number): Promise<void> => {
      const request = newAcknowledgeEndpointsRequest({ sessionId: this.#sessionId, version });
      await this.#client.acknowledgeEndpoints(request, { signal, deadlineMs: callDeadlineMs });
    };
    return this.#endpointsVersion.run({ clock, log, send }, signal);
  }

  #sendDescriptions(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    const send = async (description: NodeDescription): Promise<void> => {
      const request = newDescribeRequest({ sessionId: this.#sessionId, description });
      await this.#client.describe(request, { signal, deadlineMs: commitDeadlineMs });
    };
    return this.#description.run({ clock, log, send }, signal);
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
