import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { ByteStream, Net } from '../../common/ports/net.ts';
import type { Random } from '../../common/pure/random.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { invariant } from '../../common/pure/invariant.ts';
import { limits } from '../../common/pure/limits.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import type { EndpointSet } from '../../proto/gen/dispatcher.ts';
import {
  newPortFailure,
  newProxyAcknowledge,
  newProxyStats,
  newTaskConnections,
  type PortFailure,
  type ProxyAcknowledge,
  type ProxyStats,
  type TaskConnections,
} from '../../proto/gen/node.ts';
import type { BalancedEndpoint } from '../routing/balancer.ts';
import { diffPorts, planPorts, type PortPlan } from '../routing/port-plan.ts';
import { Bell } from './bell.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { DialDeadlines } from './dial-deadlines.ts';
import { PortListener } from './port-listener.ts';
import type { ProxyStatus, PublishedPorts } from './port.ts';

/** A port that could not be bound is tried again after this; each further failure doubles it. */
const bindRetryMsFirst = 250;
const bindRetryMsMax = 10_000;

export interface ProxyDependencies {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /**
   * Frees the buffers of bytes that were carried; called after every `limits.proxyCollectBytes`. Left to itself the
   * collector sees only their small handles, and lets them pile up.
   */
  readonly collect?: () => void;
}

/** Those who wait for the end of a task's connections. */
interface Drain {
  /** Rings when one of them has ended. */
  readonly closed: Bell;
  waiting: number;
}

/**
 * The userland proxy: listens on published TCP ports and joins each connection to one of the service's tasks.
 *
 * An endpoint that refuses or does not answer in time is replaced by another, each tried once; the client notices
 * nothing. A client whom no endpoint accepts is reset.
 */
export class Proxy implements PublishedPorts, AsyncDisposable {
  readonly #dependencies: ProxyDependencies;
  readonly #group = new TaskGroup();
  readonly #ports = new Map<number, PortListener>();
  /** Closed ports whose connections have not all ended. */
  readonly #closedPorts = new Set<PortListener>();
  readonly #connections = new Set<Connection>();
  readonly #owner: ConnectionOwner;
  /** Rings when the number of open connections falls to zero. */
  readonly #idle = new Bell();
  readonly #drains = new Map<string, Drain>();
  readonly #onFailures = new Set<(acknowledge: ProxyAcknowledge) => void>();
  readonly #counts = { accepted: 0, open: 0, connectFailures: 0, bytesUp: 0, bytesDown: 0 };
  #planFailures: readonly PortFailure[] = [];
  #version = 0;
  #applied: Promise<void> = Promise.resolve();
  #isStopped = false;
  #uncollectedBytes = 0;

  constructor(dependencies: ProxyDependencies) {
    this.#dependencies = dependencies;
    this.#owner = this.#newOwner();
  }

  /** Aborts when the proxy is disposed of; with a bug as its reason when one ended it. */
  get ended(): AbortSignal {
    return this.#group.signal;
  }

  async apply(
    version: number,
    sets: readonly EndpointSet[],
    signal: AbortSignal,
  ): Promise<ProxyAcknowledge> {
    const turn = Promise.withResolvers<void>();
    const previous = this.#applied;
    this.#applied = turn.promise;
    try {
      await previous;
      signal.throwIfAborted();
      if (!this.#isStopped) await this.#follow(planPorts(sets));
      this.#version = version;
      return this.#acknowledge();
    } finally {
      turn.resolve();
    }
  }

  /** Both directions, since the proxy began. */
  get carriedBytes(): number {
    return this.#counts.bytesUp + this.#counts.bytesDown;
  }

  stats(signal: AbortSignal): Promise<ProxyStats> {
    signal.throwIfAborted();
    const { accepted, open, connectFailures, bytesUp, bytesDown } = this.#counts;
    return Promise.resolve(
      newProxyStats({
        connectionsAccepted: accepted,
        connectionsOpen: open,
        connectFailures,
        bytesUp,
        bytesDown,
        tasks: this.#openByTask(),
      }),
    );
  }

  async drained(taskId: string, signal: AbortSignal): Promise<void> {
    const drain = this.#drains.get(taskId) ?? { closed: new Bell(), waiting: 0 };
    this.#drains.set(taskId, drain);
    drain.waiting += 1;
    try {
      while (this.#openTo(taskId) > 0) await drain.closed.wait(signal);
    } finally {
      drain.waiting -= 1;
      if (drain.waiting === 0) this.#drains.delete(taskId);
    }
  }

  async stop(graceMs: number, signal: AbortSignal): Promise<void> {
    this.#isStopped = true;
    await this.#applied;
    await this.#closePorts([...this.#ports.keys()]);
    const deadline = { clock: this.#dependencies.clock, durationMs: graceMs, signal };
    try {
      await withDeadline(deadline, async (inner) => {
        while (this.#counts.open > 0) await this.#idle.wait(inner);
      });
    } catch (error) {
      if (!isShoalError(error, 'timeout')) throw error;
    }
    this.#dropConnections();
  }

  status(): ProxyStatus {
    const { version, failures } = this.#acknowledge();
    return { running: !this.#isStopped, pid: 0, version, failures };
  }

  /** Calls `listener` when a port is bound at last that an acknowledgement had named as failed. */
  onFailuresChanged(listener: (acknowledge: ProxyAcknowledge) => void): () => void {
    this.#onFailures.add(listener);
    return () => {
      this.#onFailures.delete(listener);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#applied;
    await this.#closePorts([...this.#ports.keys()]);
    this.#dropConnections();
    await this.#group[Symbol.asyncDispose]();
  }

  #openByTask(): TaskConnections[] {
    const byTask = new Map<string, number>();
    for (const { target, open } of this.#busy()) {
      byTask.set(target.taskId, (byTask.get(target.taskId) ?? 0) + open);
    }
    return [...byTask].map(([taskId, open]) => newTaskConnections({ taskId, open }));
  }

  #openTo(taskId: string): number {
    let count = 0;
    for (const { target, open } of this.#busy()) if (target.taskId === taskId) count += open;
    return count;
  }

  *#busy(): Generator<BalancedEndpoint> {
    for (const port of this.#ports.values()) yield* port.balancer.busy();
    for (const port of this.#closedPorts) yield* port.balancer.busy();
  }

  /** Picks switch at once, before anything is awaited; listeners follow. */
  async #follow(plan: PortPlan): Promise<void> {
    const difference = diffPorts(new Set(this.#ports.keys()), plan);
    const fresh = difference.open.map((port) => this.#newPort(port));
    for (const { port, targets } of plan.ports) this.#ports.get(port)?.balancer.follow(targets);
    this.#planFailures = plan.failures;
    await this.#closePorts(difference.close);
    await Promise.all(fresh.map((port) => port.bind()));
    for (const port of fresh) if (port.error !== undefined) this.#retryLater(port);
  }

  #newPort(port: number): PortListener {
    const listener = new PortListener({
      port,
      net: this.#dependencies.net,
      random: this.#dependencies.random.fork(`port ${String(port)}`),
      accept: (client, from) => {
        this.#accept(client, from);
      },
    });
    this.#ports.set(port, listener);
    return listener;
  }

  async #closePorts(ports: readonly number[]): Promise<void> {
    for (const closed of this.#closedPorts) {
      if (!closed.balancer.isBusy) this.#closedPorts.delete(closed);
    }
    for (const port of ports) {
      const listener = this.#ports.get(port);
      if (listener === undefined) continue;
      this.#ports.delete(port);
      this.#closedPorts.add(listener);
      listener.balancer.follow([]);
      await listener.close();
    }
  }

  #retryLater(port: PortListener): void {
    const { log, clock } = this.#dependencies;
    log.at('warn', 'published port cannot be bound', { port: port.port, reason: port.error });
    this.#group.spawn('bind', async (signal) => {
      let waitMs = bindRetryMsFirst;
      while (port.error !== undefined) {
        await clock.sleep(waitMs, signal);
        if (port.isClosed) return;
        await port.bind();
        waitMs = Math.min(bindRetryMsMax, waitMs * 2);
      }
      if (port.isClosed) return;
      log.at('info', 'published port is bound at last', { port: port.port });
      for (const listener of this.#onFailures) listener(this.#acknowledge());
    });
  }

  #acknowledge(): ProxyAcknowledge {
    const unbound = [...this.#ports.values()].flatMap(({ port, error }) =>
      error === undefined ? [] : [newPortFailure({ port, protocol: 'tcp', error })],
    );
    const failures = [...this.#planFailures, ...unbound].toSorted(
      (left, right) => left.port - right.port,
    );
    return newProxyAcknowledge({ version: this.#version, failures });
  }

  #accept(client: ByteStream, port: PortListener): void {
    if (this.#counts.open >= limits.proxyConnections || this.#group.signal.aborted) {
      client.destroy();
      return;
    }
    this.#counts.accepted += 1;
    this.#counts.open += 1;
    const connection = new Connection(this.#owner, port, client);
    this.#connections.add(connection);
    connection.begin();
  }

  #newOwner(): ConnectionOwner {
    const { net, clock } = this.#dependencies;
    return {
      net,
      deadlines: new DialDeadlines(clock, this.#group),
      nowMs: () => clock.nowMs(),
      dialFailed: (endpoint) => {
        this.#counts.connectFailures += 1;
        this.#gaveBack(endpoint);
      },
      carriedUp: (bytes) => {
        this.#counts.bytesUp += bytes;
        this.#carried(bytes);
      },
      carriedDown: (bytes) => {
        this.#counts.bytesDown += bytes;
        this.#carried(bytes);
      },
      connectionClosed: (connection, endpoint) => {
        this.#connections.delete(connection);
        if (endpoint !== undefined) this.#gaveBack(endpoint);
        this.#countClosed();
      },
    };
  }

  #gaveBack({ target }: BalancedEndpoint): void {
    this.#drains.get(target.taskId)?.closed.ring();
  }

  #carried(bytes: number): void {
    this.#uncollectedBytes += bytes;
    if (this.#uncollectedBytes < limits.proxyCollectBytes) return;
    this.#uncollectedBytes = 0;
    this.#dependencies.collect?.();
  }

  #countClosed(): void {
    invariant(this.#counts.open > 0, 'a connection is counted off once');
    this.#counts.open -= 1;
    if (this.#counts.open === 0) this.#idle.ring();
  }

  #dropConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}
