import { isShoalError } from '../../common/pure/errors.ts';
import type { Random } from '../../common/pure/random.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { RpcChannel } from '../../common/ports/rpc.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import { newTaskReport } from '../../proto/gen/dispatcher.ts';
import type { Assignment, EndpointSet, SessionMessage } from '../../proto/gen/dispatcher.ts';
import type { NodeDescription, TaskStatus } from '../../proto/gen/objects.ts';
import { newJournalRecord } from '../../proto/gen/node.ts';
import type { JournalMark } from '../../proto/gen/node.ts';
import type { Executor } from '../executor/contract.ts';
import type { Journal } from '../journal/journal.ts';
import { EndpointApplier } from './endpoint-applier.ts';
import type { EndpointServer } from './endpoint-applier.ts';
import { Reporter } from './reporter.ts';
import { Session } from './session.ts';
import type { LogSource, SessionSink } from './session.ts';
import { TaskSet } from './task-set.ts';

/** Wait after a session that ended: doubles from the first to the second, milliseconds, with jitter. */
const sessionBackoffMs = { first: 100, max: 8_000 } as const;

/** How long the engine may take to describe itself, milliseconds: an engine that hangs must not keep the node from its manager. */
const describeDeadlineMs = 2_000;
/** Wait before an engine that did not describe itself is asked again, milliseconds. */
const describeRetryMs = 1_000;

export interface AgentParts {
  readonly executor: Executor;
  readonly endpointServer: EndpointServer;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Gives managers the logs of this node's tasks. */
  readonly logs?: LogSource;
  /** Opens a channel to some manager. @throws ShoalError `unavailable` when there is none to try. */
  readonly connect: (signal: AbortSignal) => Promise<RpcChannel>;
  /** Adds what the executor cannot know: certificates, levels, warnings. */
  readonly describe: (description: NodeDescription) => NodeDescription;
  /** Takes what a manager says of the node and of all managers: at the start of each session, and whenever that changes. Must not fail. */
  readonly heard?: (message: SessionMessage) => void;
}

/**
 * The worker's part of one node: adopts what runs, keeps a session with a manager, drives the tasks, serves the endpoints.
 *
 * Without a manager everything goes on as it was: tasks run, ports answer. Disposing leaves containers and endpoints as they are.
 */
export class Agent implements AsyncDisposable {
  readonly #parts: AgentParts;
  readonly #group: TaskGroup;
  readonly #reporter = new Reporter();
  readonly #tasks: TaskSet;
  readonly #endpoints = new Map<string, EndpointSet>();
  readonly #applier: EndpointApplier;
  readonly #incarnation: string;
  readonly #engineChanged = new Wakeup();
  /** Version of the endpoints that all that serves traffic follows. */
  #followedVersion = 0;
  #session: Session | undefined;
  #description: NodeDescription | undefined;
  #isAskingAgain = false;

  constructor(parts: AgentParts, parent?: AbortSignal) {
    this.#parts = parts;
    this.#group = new TaskGroup(parent);
    this.#incarnation = parts.random.fork('incarnation').u32().toString(36);
    this.#tasks = new TaskSet({
      executor: parts.executor,
      drained: (taskId, signal) => parts.endpointServer.drained(taskId, signal),
      clock: parts.clock,
      log: parts.log,
      group: this.#group,
      report: (taskId, status) => {
        this.#report(taskId, status);
      },
      forget: (taskId) => {
        this.#forget(taskId);
      },
    });
    this.#applier = new EndpointApplier({
      server: parts.endpointServer,
      clock: parts.clock,
      log: parts.log,
      applied: (version) => {
        this.#followedVersion = version;
        this.#session?.acknowledgeEndpoints(version);
      },
    });
  }

  /** Adopts what the journal remembers and begins. Returns at once. */
  start(): void {
    this.#adopt();
    this.#group.spawn('engine events', (signal) => this.#followEngine(signal));
    this.#group.spawn('description', (signal) => this.#followDescription(signal));
    this.#group.spawn('endpoints', (signal) => this.#applier.run(signal));
    this.#group.spawn('session', (signal) => this.#keepSession(signal));
  }

  /** True while a manager knows this node as ready. */
  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** Resolves when the agent failed by a bug, or was disposed. @throws the failure */
  async settled(): Promise<void> {
    await this.#group.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#group[Symbol.asyncDispose]();
    } finally {
      await this.#parts.journal[Symbol.asyncDispose]();
    }
  }

  #adopt(): void {
    const { assignments, statuses, endpoints, mark } = this.#parts.journal.content;
    for (const [taskId, assignment] of assignments)
      this.#tasks.assign(assignment, statuses.get(taskId)?.status);
    for (const [serviceId, set] of endpoints) this.#endpoints.set(serviceId, set);
    if (endpoints.size > 0) this.#applier.want(mark.endpointsVersion, [...endpoints.values()]);
  }

  async #followEngine(signal: AbortSignal): Promise<void> {
    for await (const event of this.#parts.executor.events(signal)) {
      this.#tasks.handle(event);
      if (event.kind !== 'container') this.#engineChanged.notify();
    }
  }

  /**
   * The engine came, went, or may be another one now: the manager should know at once. One that was only too slow to say so says nothing
   * when it is quick again, so while it is taken for gone it is asked again and again.
   */
  async #followDescription(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!isComplete(this.#description)) this.#askAgainLater();
      await this.#engineChanged.wait(signal);
      if (signal.aborted) return;
      this.#description = await this.#describe(signal);
      this.#session?.describe(this.#description);
    }
  }

  #askAgainLater(): void {
    if (this.#isAskingAgain) return;
    this.#isAskingAgain = true;
    this.#group.spawn('asking the engine again', async (signal) => {
      await this.#pause(describeRetryMs, signal);
      this.#isAskingAgain = false;
      this.#engineChanged.notify();
    });
  }

  async #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    await this.#parts.clock.sleep(durationMs, signal).catch(() => undefined);
  }

  async #describe(signal: AbortSignal): Promise<NodeDescription> {
    const { clock, executor, describe } = this.#parts;
    const deadline = { clock, durationMs: describeDeadlineMs, signal };
    return describe(await withDeadline(deadline, (inner) => executor.describe(inner)));
  }

  async #keepSession(signal: AbortSignal): Promise<void> {
    let waitMs: number = sessionBackoffMs.first;
    while (!signal.aborted) {
      const startedMs = this.#parts.clock.nowMs();
      try {
        await this.#oneSession(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isShoalError(error)) throw error;
        this.#parts.log.at('info', 'session ended', { error });
      } finally {
        this.#session = undefined;
      }
      if (this.#parts.clock.nowMs() - startedMs > sessionBackoffMs.max)
        waitMs = sessionBackoffMs.first;
      await this.#pause(waitMs * (0.5 + this.#parts.random.unit()), signal);
      waitMs = Math.min(waitMs * 2, sessionBackoffMs.max);
    }
  }

  async #oneSession(signal: AbortSignal): Promise<void> {
    const channel = await this.#parts.connect(signal);
    this.#description = await this.#describe(signal);
    const session = new Session({
      channel,
      clock: this.#parts.clock,
      log: this.#parts.log,
      reporter: this.#reporter,
      hello: {
        incarnation: this.#incarnation,
        description: this.#description,
        assignmentsVersion: this.#parts.journal.content.mark.assignmentsVersion,
        endpointsVersion: this.#followedVersion,
        clusterIncarnation: this.#parts.journal.content.mark.clusterIncarnation,
      },
      sink: this.#sink(),
      ...(this.#parts.logs === undefined ? {} : { logs: this.#parts.logs }),
      opened: () => {
        this.#session = session;
        if (this.#description !== undefined) session.describe(this.#description);
        for (const report of this.#tasks.reports())
          if (report.status !== undefined) this.#reporter.push(report.taskId, report.status);
      },
    });
    await session.run(signal);
  }

  #sink(): SessionSink {
    return {
      assign: (assignments, remove) => {
        this.#assign(assignments, remove);
      },
      assignedAll: (keep, version, clusterIncarnation) => {
        this.#tasks.removeOthers(keep);
        this.#mark({ assignmentsVersion: version, clusterIncarnation });
        this.#tasks.removeOrphans();
      },
      assignedVersion: (version) => {
        this.#mark({ assignmentsVersion: version });
      },
      endpoints: (complete, version, put, remove) => {
        this.#takeEndpoints(complete, version, put, remove);
      },
      heard: (message) => {
        this.#mark({ managers: message.managers });
        this.#parts.heard?.(message);
      },
      unknownTask: (taskId) => {
        this.#tasks.remove(taskId);
      },
    };
  }

  #assign(assignments: readonly Assignment[], remove: readonly string[]): void {
    const { journal } = this.#parts;
    journal.append(
      assignments.map((value) => newJournalRecord({ record: { kind: 'assign', value } })),
    );
    for (const assignment of assignments) {
      this.#tasks.assign(assignment, journal.content.statuses.get(assignment.taskId)?.status);
    }
    for (const taskId of remove) this.#tasks.remove(taskId);
  }

  #takeEndpoints(
    complete: boolean,
    version: number,
    put: readonly EndpointSet[],
    remove: readonly string[],
  ): void {
    const gone = complete
      ? [...this.#endpoints.keys()].filter((id) => !put.some((set) => set.serviceId === id))
      : remove;
    for (const serviceId of gone) this.#endpoints.delete(serviceId);
    for (const set of put) this.#endpoints.set(set.serviceId, set);
    this.#parts.journal.append([
      ...gone.map((value) => newJournalRecord({ record: { kind: 'forgetEndpoints', value } })),
      ...put.map((value) => newJournalRecord({ record: { kind: 'endpoints', value } })),
    ]);
    this.#mark({ endpointsVersion: version });
    this.#applier.want(version, [...this.#endpoints.values()]);
  }

  #mark(fields: Partial<JournalMark>): void {
    const value = { ...this.#parts.journal.content.mark, ...fields };
    this.#parts.journal.append([newJournalRecord({ record: { kind: 'mark', value } })]);
  }

  #report(taskId: string, status: TaskStatus): void {
    const value = newTaskReport({ taskId, status });
    this.#parts.journal.append([newJournalRecord({ record: { kind: 'status', value } })]);
    this.#reporter.push(taskId, status);
  }

  #forget(taskId: string): void {
    this.#reporter.drop(taskId);
    this.#parts.journal.append([newJournalRecord({ record: { kind: 'forget', value: taskId } })]);
  }
}

/** False while the engine is away, or has said too little of the node for reservations to be placed. */
function isComplete(description: NodeDescription | undefined): boolean {
  return description === undefined || (description.engineAvailable && description.nanoCpus > 0);
}
