import * as os from 'node:os';

import type { ClusterApi, ClusterEvent, RequestContext } from '../../common/ports/cluster-api.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { Log } from '../../common/ports/log.ts';
import type { Metrics } from '../../common/ports/metrics.ts';
import type {
  InitRequest,
  JoinRequest,
  NodeControl,
  NodeFacts,
  SwarmState,
} from '../../common/ports/node-control.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Random } from '../../common/pure/random.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { EventMemory } from '../../manager/controlapi/event-memory.ts';
import { checkClusterSpec } from '../../manager/controlapi/validate/cluster-spec.ts';
import type { Founding } from '../../manager/founding.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';
import type { DataRootPaths } from '../dataroot/data-root.ts';
import { IdentityFile } from '../identity/identity.ts';
import { KeptIdentity } from '../identity/kept-identity.ts';
import { UnfinishedMark } from '../identity/unfinished-mark.ts';
import { initialLifecycle, stepLifecycle } from '../lifecycle/lifecycle.ts';
import type { LifecycleAction, LifecycleEvent, LifecycleState } from '../lifecycle/lifecycle.ts';
import { readHostPort } from './addresses.ts';
import type { ClusterNets } from './cluster-net.ts';
import type { DiskWatch } from './disk-watch.ts';
import { planFounding } from './founding.ts';
import { enrol, planJoin } from './joining.ts';
import { recoveryAddresses } from './recovery.ts';
import type { JoinPlan } from './joining.ts';
import { leaveRefusal } from './leaving.ts';
import { requireManagerPorts } from './ports-check.ts';
import { Roles } from './roles.ts';
import { sweepNode } from './sweep.ts';

/** How long the proxy may keep open connections when the node leaves, milliseconds. */
const proxyLeaveGraceMs = 1_000;

export interface NodeParts {
  readonly hostname: string;
  readonly paths: DataRootPaths;
  readonly disk: Disk;
  readonly room: DiskWatch;
  readonly engine: EngineApi;
  readonly publishedPorts: PublishedPorts;
  readonly nets: ClusterNets;
  readonly clock: Clock;
  readonly random: Random;
  readonly entropy: Entropy;
  readonly log: Log;
  /** Takes what the roles count; nobody when absent. */
  readonly metrics?: Metrics;
  /** The node cannot go on: the process must end. */
  readonly failed: (error: unknown) => void;
}

/** One node: its life cycle, its identity, and the roles that it holds. */
export class Node implements NodeControl, AsyncDisposable {
  readonly #parts: NodeParts;
  readonly #identityFile: IdentityFile;
  readonly #unfinished: UnfinishedMark;
  readonly #events = new EventMemory();
  #state: LifecycleState = initialLifecycle;
  #identity: KeptIdentity | undefined;
  #roles: Roles | undefined;
  /** Why the roles could not begin, if they could not. Never rejects. */
  #resuming: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.#identityFile = new IdentityFile(parts.disk, parts.paths.node);
    this.#unfinished = new UnfinishedMark(parts.disk, parts.paths.node);
  }

  /**
   * Finds out whether the data root knows a swarm. Comes before the API opens: a node that does not know yet would take itself
   * for a free one, and found a swarm over its own. A failure shows as state `error`; it does not end the node.
   */
  async open(): Promise<void> {
    try {
      const identity = await this.#identityFile.load();
      const hasIdentity = identity !== undefined;
      if (hasIdentity) this.#identity = new KeptIdentity(this.#identityFile, identity, true);
      if (!hasIdentity) await this.#clearWaste();
      this.#step({ kind: 'started', hasIdentity });
    } catch (error) {
      this.#resumeFailed(error);
    }
  }

  /**
   * What is left of a founding or a leave that a crash cut short goes; a log that is there for another reason stays.
   * @throws ShoalError `corrupt`
   */
  async #clearWaste(): Promise<void> {
    const { disk, paths } = this.#parts;
    if (await this.#unfinished.isSet()) await this.#forget();
    if (!(await disk.exists(paths.raft))) return;
    throw new ShoalError(
      'corrupt',
      `the identity of this node is missing, though its log is there: restore ${paths.node} from a backup, or leave the swarm with --force, which erases the log (containers of its tasks then have to be removed by hand)`,
      { fields: { path: paths.node } },
    );
  }

  /** Takes up the swarm that `open` found, if any. A failure shows as state `error`; it does not end the node. */
  async start(): Promise<void> {
    const isFound = this.#state.kind === 'pending' && this.#state.purpose === 'resume';
    if (isFound) this.#resuming = this.#resume();
    await this.#resuming;
  }

  facts(): NodeFacts {
    const identity = this.#identity?.current;
    const isManager = this.#state.kind === 'active' && this.#roles?.api !== undefined;
    return {
      swarmState: swarmState(this.#state),
      controlAvailable: isManager,
      nodeId: identity?.nodeId ?? '',
      nodeAddress: identity?.advertiseAddress.replace(/:\d+$/, '') ?? '',
      error: this.#state.kind === 'error' ? this.#state.message : '',
      managers: identity?.managers ?? [],
      warnings: [...this.#shortage(), ...(this.#roles?.warnings ?? [])],
    };
  }

  #shortage(): readonly string[] {
    const text = this.#parts.room.shortage;
    return text === undefined ? [] : [text];
  }

  cluster(): ClusterApi {
    const api = this.#roles?.api;
    if (api !== undefined) return api;
    throw new ShoalError('notSwarmManager', 'this node is not a swarm manager');
  }

  events(signal: AbortSignal): AsyncGenerator<readonly ClusterEvent[]> {
    return this.#events.read(signal);
  }

  async init(_context: RequestContext, request: InitRequest): Promise<string> {
    if (request.forceNewCluster && this.#identity !== undefined)
      return await this.#recover(this.#identity, request);
    if (this.#state.kind !== 'inactive')
      throw new ShoalError('alreadyInSwarm', 'this node is already part of a swarm');
    checkInit(request);
    const refusal = this.#parts.room.refusal();
    if (refusal !== undefined) throw refusal;
    const plan = await planFounding(this.#parts, request, os.networkInterfaces());
    await requireManagerPorts(readHostPort(plan.identity.listenAddress));
    this.#step({ kind: 'initRequested' });
    try {
      const identity = new KeptIdentity(this.#identityFile, plan.identity, false);
      this.#identity = identity;
      await this.#unfinished.set();
      await this.#begin(identity, { founding: plan.founding });
      // What makes the node a member: a crash before this leaves an inactive node, and `start` clears what is left of the attempt.
      await identity.save();
      await this.#unfinished.clear();
      this.#step({ kind: 'serving' });
      return plan.identity.nodeId;
    } catch (error) {
      await this.#endRoles();
      await this.#forget();
      this.#step({ kind: 'failed', message: messageOf(error) });
      throw error;
    }
  }

  async join(context: RequestContext, request: JoinRequest): Promise<void> {
    if (this.#state.kind !== 'inactive')
      throw new ShoalError('alreadyInSwarm', 'this node is already part of a swarm');
    const plan = planJoin(request, os.networkInterfaces());
    const refusal = this.#parts.room.refusal();
    if (refusal !== undefined) throw refusal;
    await requireManagerPorts(plan.listen);
    const { clock } = this.#parts;
    const untilMs = clock.nowMs() + limits.joinWaitMs;
    this.#step({ kind: 'joinRequested' });
    await this.#enrol(plan, context.signal);
    this.#step({ kind: 'enrolled' });
    this.#resuming = this.#resume();
    await this.#awaitRoles(Math.max(0, untilMs - clock.nowMs()), context.signal);
  }

  async leave(context: RequestContext, force: boolean): Promise<void> {
    if (this.#state.kind === 'inactive')
      throw new ShoalError('notInSwarm', 'this node is not part of a swarm');
    const isActiveManager =
      this.#state.kind === 'active' && this.#identity?.current.role === 'manager';
    if (isActiveManager && !force) throw await leaveRefusal(this.#roles?.api, context);
    await this.#requireEngine(context.signal);
    this.#step({ kind: 'leaveRequested' });
    try {
      await this.#end();
      this.#step({ kind: 'left' });
    } catch (error) {
      // Half gone is an error that people see; leaving again goes on from there.
      this.#step({ kind: 'failed', message: `leaving the swarm failed: ${messageOf(error)}` });
      throw error;
    }
  }

  /** Stops the roles in order; containers and proxy stay. Twice is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#endRoles();
  }

  /**
   * A manager whose quorum is lost for good goes on alone, with all that its log holds. What fails on the way shows as state `error`, and can be tried again.
   * @returns the node's id
   */
  async #recover(identity: KeptIdentity, request: InitRequest): Promise<string> {
    const { nodeId, role } = identity.current;
    if (role !== 'manager')
      throw new ShoalError('notSwarmManager', 'only a manager can go on as the only one');
    const addresses = recoveryAddresses(identity.current, request, os.networkInterfaces());
    this.#step({ kind: 'recoveryRequested' });
    await this.#endRoles();
    const managers = identity.current.managers.filter((manager) => manager.nodeId === nodeId);
    try {
      await requireManagerPorts(readHostPort(addresses.listenAddress));
      await identity.change({ ...addresses, managers });
    } catch (error) {
      this.#resumeFailed(error);
      throw error;
    }
    this.#resuming = this.#resume({ recovers: true });
    const failure = await this.#resuming;
    if (failure !== undefined) throw failure;
    return nodeId;
  }

  /** Lets a cluster take the node in. What goes wrong leaves nothing behind. */
  async #enrol(plan: JoinPlan, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    try {
      await this.#unfinished.set();
      const deadline = { clock, durationMs: limits.joinWaitMs, signal };
      const enrolled = await withDeadline(deadline, (inner) => enrol(this.#parts, plan, inner));
      const identity = new KeptIdentity(this.#identityFile, enrolled, false);
      await identity.save();
      await this.#unfinished.clear();
      this.#identity = identity;
    } catch (error) {
      await this.#forget();
      this.#step({ kind: 'failed', message: messageOf(error) });
      throw error;
    }
  }

  /** @throws ShoalError `timeout {reason: join}` when they take longer: they go on; why they cannot begin */
  async #awaitRoles(durationMs: number, signal: AbortSignal): Promise<void> {
    const deadline = { clock: this.#parts.clock, durationMs, signal };
    const failure = await withDeadline(deadline, (inner) => {
      const aborted = new Promise<never>((_, reject) => {
        inner.addEventListener('abort', () => {
          reject(inner.reason instanceof Error ? inner.reason : new Error('the wait ended'));
        });
      });
      return Promise.race([this.#resuming, aborted]);
    }).catch((error: unknown) => {
      if (!isShoalError(error, 'timeout')) throw error;
      throw new ShoalError('timeout', 'the node was taken in, but its roles do not serve yet', {
        fields: { reason: 'join' },
        cause: error,
      });
    });
    if (failure !== undefined) throw failure;
  }

  #step(event: LifecycleEvent): LifecycleAction {
    const step = stepLifecycle(this.#state, event);
    if (step.kind === 'next') {
      this.#state = step.state;
      return step.action;
    }
    if (step.code === 'busy')
      throw new ShoalError(
        'unavailable',
        'this node is joining or leaving a swarm; try again in a moment',
      );
    throw new ShoalError(step.code, 'the node is in another state');
  }

  /** @returns why the roles could not begin, if they could not */
  async #resume(how: BeginOptions = {}): Promise<unknown> {
    const identity = this.#identity;
    if (identity === undefined) return undefined;
    try {
      await this.#begin(identity, how);
      this.#step({ kind: 'serving' });
      return undefined;
    } catch (error) {
      if (!this.#isDisposed && this.#state.kind === 'pending') this.#resumeFailed(error);
      return error;
    }
  }

  #resumeFailed(error: unknown): void {
    this.#parts.log.at('error', 'the swarm of this node cannot be taken up', { error });
    this.#step({ kind: 'failed', message: messageOf(error) });
  }

  async #begin(identity: KeptIdentity, how: BeginOptions): Promise<void> {
    const { failed, nets, ...parts } = this.#parts;
    const roles = new Roles({
      ...parts,
      identity,
      net: nets.open(identity.current),
      founding: how.founding,
      recovers: how.recovers === true,
      noteEvent: (event) => {
        this.#events.note(event);
      },
      degraded: (message) => {
        if (this.#roles === roles) this.#step({ kind: 'failed', message });
      },
      failed: (error) => {
        this.#step({ kind: 'failed', message: messageOf(error) });
        failed(error);
      },
    });
    this.#roles = roles;
    await roles.start();
    const { nodeId, clusterId, role } = identity.current;
    this.#parts.log.at('info', 'the swarm is served', { nodeId, clusterId, role });
  }

  async #endRoles(): Promise<void> {
    const roles = this.#roles;
    this.#roles = undefined;
    await roles?.[Symbol.asyncDispose]();
    await this.#resuming;
  }

  /** Leaving must not leave containers behind: without the engine it is refused before anything was touched. */
  async #requireEngine(signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.engine.ping(signal);
    } catch (error) {
      if (!isShoalError(error)) throw error;
      throw new ShoalError(
        'engineUnavailable',
        'the Docker Engine does not answer, so the containers of this swarm cannot be removed: start it first',
        {
          cause: error,
        },
      );
    }
  }

  async #end(): Promise<void> {
    const never = new AbortController().signal;
    await this.#endRoles();
    await this.#parts.publishedPorts.stop(proxyLeaveGraceMs, never);
    if (this.#identity !== undefined)
      await sweepNode(this.#parts.engine, this.#identity.current.nodeId, this.#parts.log, never);
    await this.#forget();
  }

  async #forget(): Promise<void> {
    const { disk, paths } = this.#parts;
    await this.#unfinished.set();
    await this.#identityFile.remove();
    for (const path of [paths.raft, paths.worker, paths.node]) await disk.removeTree(path);
    this.#identity = undefined;
  }
}

/** How the roles begin, unless they go on from where they were. */
interface BeginOptions {
  readonly founding?: Founding;
  /** The manager goes on alone, whoever it had beside it. */
  readonly recovers?: boolean;
}

function checkInit(request: InitRequest): void {
  if (request.autoLock) {
    throw new ShoalError('notImplemented', 'AutoLockManagers is not supported yet', {
      fields: { field: 'AutoLockManagers' },
    });
  }
  checkClusterSpec(request.spec);
}

function swarmState(state: LifecycleState): SwarmState {
  return state.kind === 'leaving' ? 'active' : state.kind;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
