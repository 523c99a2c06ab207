import type { ClusterApi, ClusterEvent } from '../../common/ports/cluster-api.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { Log } from '../../common/ports/log.ts';
import type { Metrics } from '../../common/ports/metrics.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import type { Random } from '../../common/pure/random.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import type { Founding } from '../../manager/founding.ts';
import type { SessionMessage } from '../../proto/gen/dispatcher.ts';
import type { Agent } from '../../worker/agent/agent.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';
import { startWorker } from '../../worker/worker.ts';
import type { DataRootPaths } from '../dataroot/data-root.ts';
import { issuerFacts } from '../identity/certificate.ts';
import type { KeptIdentity } from '../identity/kept-identity.ts';
import type { ClusterNet } from './cluster-net.ts';
import type { DiskWatch } from './disk-watch.ts';
import { ManagerRole } from './manager-role.ts';
import { Membership } from './membership.ts';
import { SessionWays } from './session-ways.ts';

export interface RolesParts {
  readonly identity: KeptIdentity;
  /** The roles' from now on: it ends with them. */
  readonly net: ClusterNet;
  readonly hostname: string;
  readonly paths: DataRootPaths;
  readonly disk: Disk;
  readonly room: DiskWatch;
  readonly engine: EngineApi;
  readonly publishedPorts: PublishedPorts;
  readonly clock: Clock;
  readonly random: Random;
  readonly entropy: Entropy;
  readonly log: Log;
  /** Takes what the manager counts; nobody when absent. */
  readonly metrics?: Metrics;
  /** Only when the cluster is being founded. */
  readonly founding: Founding | undefined;
  /** The manager goes on alone, whoever it had beside it. */
  readonly recovers: boolean;
  /** Takes what users are shown of each change. */
  readonly noteEvent: (event: ClusterEvent) => void;
  /** Something that people have to see and mend: what runs goes on. @param reason in words */
  readonly degraded: (reason: string) => void;
  /** The roles cannot go on: the process must end. */
  readonly failed: (error: unknown) => void;
}

/**
 * The roles that a node holds in its swarm, created and disposed within the running process: always the worker, and the manager while the cluster
 * says so.
 *
 * The worker begins first: what ran before goes on, whatever becomes of the manager.
 */
export class Roles implements AsyncDisposable {
  readonly #parts: RolesParts;
  readonly #group = new TaskGroup();
  readonly #ways: SessionWays;
  readonly #membership: Membership;
  readonly #heardOnce = Promise.withResolvers<void>();
  #agent: Agent | undefined;
  #manager: ManagerRole | undefined;
  /** A cluster is founded, or recovered, once: not by a manager that the node becomes later. */
  #isFirstManager = true;
  #hasStarted = false;
  #starting: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;

  constructor(parts: RolesParts) {
    this.#parts = parts;
    const { identity, net, random } = parts;
    this.#ways = new SessionWays({
      identity,
      dialer: net.dialer,
      random: random.fork('session ways'),
      ownManager: () => (this.#manager?.servesNodes === true ? this.#manager : undefined),
    });
    this.#membership = new Membership({
      ...parts,
      random: random.fork('membership'),
      startManager: () => {
        this.#group.spawn('manager', () => this.#lateManager());
      },
      endManager: () => this.#endManager(),
      reconnect: () => {
        this.#ways.reset();
      },
    });
    // Nobody may be waiting when the roles end.
    this.#heardOnce.promise.catch(() => undefined);
  }

  /**
   * Starts the roles; resolves once they serve: the manager answers, or a manager elsewhere has taken the worker's session.
   * @throws ShoalError when they cannot; the roles have ended then
   */
  async start(): Promise<void> {
    const starting = this.#start();
    this.#starting = starting.catch(() => undefined);
    try {
      await starting;
      this.#hasStarted = true;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The cluster, while this node's manager serves. */
  get api(): ClusterApi | undefined {
    return this.#manager?.isServing === true ? this.#manager.api : undefined;
  }

  get warnings(): readonly string[] {
    return this.#parts.publishedPorts
      .status()
      .failures.map(
        ({ port, protocol, error }) =>
          `published port ${port}/${protocol} cannot be served on this node: ${error}`,
      );
  }

  /** Sessions end first, then the manager finishes what is in flight; containers and proxy stay as they are. Twice is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end();
    await this.#ending;
  }

  async #end(): Promise<void> {
    this.#group.abort();
    this.#heardOnce.reject(new ShoalError('cancelled', 'the roles of this node end'));
    await this.#ways[Symbol.asyncDispose]();
    // A start that waits for its manager is cut short; whatever it has made by then ends, too.
    if (!this.#hasStarted) await this.#endManager();
    await this.#starting;
    await this.#agent?.[Symbol.asyncDispose]();
    await this.#endManager();
    await this.#group[Symbol.asyncDispose]();
    await this.#parts.net[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => undefined);
    await this.#startWorker((error) => {
      failure.reject(error);
      if (this.#hasStarted) this.#parts.failed(error);
    });
    this.#group.signal.throwIfAborted();
    await Promise.race([this.#begin(), failure.promise]);
  }

  async #begin(): Promise<void> {
    const { identity } = this.#parts;
    this.#group.spawn('membership', (signal) => this.#followMembership(signal));
    if (identity.current.role === 'manager') await this.#membership.regainLog(this.#group.signal);
    const isServing = identity.current.role === 'manager' && (await this.#startManager());
    // Also where the cluster took the role away meanwhile.
    if (!isServing) await this.#heardOnce.promise;
  }

  async #followMembership(signal: AbortSignal): Promise<void> {
    try {
      await this.#membership.run(signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error, 'the role of this node cannot be changed');
    }
  }

  /** The manager of a node that became one. */
  async #lateManager(): Promise<void> {
    try {
      await this.#startManager();
    } catch (error) {
      if (this.#ending !== undefined) return;
      this.#fail(error, 'the manager of this node cannot start');
      await this.#endManager();
    }
  }

  #fail(error: unknown, what: string): void {
    if (!isShoalError(error)) {
      this.#parts.failed(error);
      return;
    }
    this.#parts.log.at('error', 'a role of this node failed', { error });
    this.#parts.degraded(`${what}: ${error.message}`);
  }

  /** @returns false when the role was taken away before it served */
  async #startManager(): Promise<boolean> {
    const { identity, paths } = this.#parts;
    const { founding, recovers } = this.#isFirstManager
      ? this.#parts
      : { founding: undefined, recovers: false };
    this.#isFirstManager = false;
    this.#group.signal.throwIfAborted();
    const { raftId } = identity.current;
    // Begun logs are never begun anew under the same number.
    if (!identity.current.hasLog) await identity.change({ hasLog: true });
    // Meanwhile the role may have been taken away, or given anew under another number.
    if (identity.current.raftId !== raftId) return false;
    const manager: ManagerRole = new ManagerRole({
      ...this.#parts,
      identity: identity.current,
      directory: paths.raft,
      founding,
      recovers,
      removed: () => {
        this.#membership.removed();
      },
      failed: (error) => {
        if (this.#manager === manager && manager.isServing) this.#parts.failed(error);
      },
    });
    this.#manager = manager;
    try {
      await manager.start();
    } catch (error) {
      if (this.#manager !== manager) return false;
      throw error;
    }
    this.#ways.ownManagerServes();
    return true;
  }

  async #endManager(): Promise<void> {
    const manager = this.#manager;
    this.#manager = undefined;
    await manager?.[Symbol.asyncDispose]();
  }

  async #startWorker(failed: (error: unknown) => void): Promise<void> {
    const { identity, engine, disk, paths, clock, random, log } = this.#parts;
    const { nodeId, trustRootPem } = identity.current;
    const tls = { trustRootPem, ...issuerFacts(trustRootPem) };
    this.#agent = await startWorker({
      nodeId,
      hostname: this.#parts.hostname,
      engine,
      publishedPorts: this.#parts.publishedPorts,
      disk,
      directory: paths.worker,
      clock,
      random,
      log,
      connect: (signal) => this.#ways.connect(signal),
      describe: (description) => ({ ...description, ...tls, levelMin: 1, levelMax: 1 }),
      heard: (message) => {
        this.#hear(message);
      },
    });
    this.#agent.settled().catch(failed);
  }

  #hear(message: SessionMessage): void {
    this.#membership.hear(message);
    this.#heardOnce.resolve();
  }
}
