import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Log } from '../../common/ports/log.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Random } from '../../common/pure/random.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { SessionMessage } from '../../proto/gen/dispatcher.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { DataRootPaths } from '../dataroot/data-root.ts';
import type { Identity, KnownManager } from '../identity/identity.ts';
import type { KeptIdentity } from '../identity/kept-identity.ts';
import type { ClusterNet } from './cluster-net.ts';
import type { Credentials } from './joining.ts';
import { ManagerPicks } from './manager-picks.ts';
import { isExpelled, renewCertificate } from './renewal.ts';

const expelledText = 'this node was removed from the swarm: leave it with --force, then join again';

export interface MembershipParts {
  readonly identity: KeptIdentity;
  readonly net: ClusterNet;
  readonly disk: Disk;
  readonly paths: Pick<DataRootPaths, 'raft'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Starts the manager role as the identity says it. Does not wait. */
  readonly startManager: () => void;
  /** Ends the manager role; harmless when there is none. */
  readonly endManager: () => Promise<void>;
  /** The node shows itself to managers with its new certificate from now on. */
  readonly reconnect: () => void;
  /** As of the roles. */
  readonly degraded: (reason: string) => void;
  /** Asks for a certificate; the product's own way when absent. */
  readonly renew?: typeof renewCertificate;
}

/**
 * Follows what the cluster says of this node: who its managers are, which role it has, and whether it belongs to it at all.
 *
 * A change of role is a new certificate first; then the manager role begins or ends within the running process.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #picks: ManagerPicks;
  readonly #changed = new Wakeup();
  /** The role that the cluster last gave this node. */
  #wanted: Identity['role'] | undefined;
  #isRemoved = false;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#picks = new ManagerPicks(parts.random);
  }

  /** Takes what a manager says at the start of a session, and later. */
  hear(message: SessionMessage): void {
    this.#rememberManagers(message);
    const role = message.node?.lifecycle?.role;
    if (role === undefined) return;
    this.#wanted = role === NodeRole.manager ? 'manager' : 'worker';
    if (this.#wanted !== this.#parts.identity.current.role) this.#changed.notify();
  }

  /** The manager of this node was told that it does not belong to the group any more. */
  removed(): void {
    this.#isRemoved = true;
    this.#changed.notify();
  }

  /** Makes changes of the role until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isSettled = !this.#isRemoved && this.#hasWantedRole;
      if (isSettled) await this.#changed.wait(signal);
      else await this.#follow(signal);
    }
  }

  /**
   * Before the manager starts: a log that was there and is gone cannot be begun again under the same number, or entries that others count on would be missing
   * unnoticed. The node comes back as a new member.
   * @throws ShoalError `corrupt` when there is no other manager to come back to
   */
  async regainLog(signal: AbortSignal): Promise<void> {
    const { identity, disk, paths, log } = this.#parts;
    const { hasLog, managers, nodeId } = identity.current;
    if (!hasLog || (await hasSegments(disk, paths.raft))) return;
    if (managers.every((manager) => manager.nodeId === nodeId)) {
      throw new ShoalError(
        'corrupt',
        `the log of this manager is gone, and no other manager is known: restore ${paths.raft} from a backup, or leave the swarm with --force`,
        { fields: { path: paths.raft } },
      );
    }
    log.at('warn', 'the log of this manager is gone: it comes back as a new member', {
      path: paths.raft,
    });
    const renewed = await this.#renew({ logLost: true, untilMs: Infinity }, signal);
    if (renewed === undefined) throw new ShoalError('failedPrecondition', expelledText);
    await this.#take(renewed);
  }

  get #hasWantedRole(): boolean {
    return this.#wanted === undefined || this.#wanted === this.#parts.identity.current.role;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { identity, clock, log, endManager } = this.#parts;
    const before = identity.current;
    const wasRemoved = this.#isRemoved;
    if (wasRemoved) await endManager();
    const untilMs = wasRemoved ? clock.nowMs() + limits.removedVerdictMs : Infinity;
    const renewed = await this.#renew({ logLost: false, untilMs }, signal);
    if (signal.aborted) return;
    if (renewed === undefined || (wasRemoved && renewed.raftId === before.raftId)) {
      await this.#expel(signal);
      return;
    }
    log.at('info', 'this node has another role', { role: renewed.role, before: before.role });
    this.#isRemoved = false;
    this.#wanted = renewed.role;
    const isNewMember = renewed.role === 'manager' && renewed.raftId !== before.raftId;
    if (before.role === 'manager' && (renewed.role === 'worker' || isNewMember)) await endManager();
    await this.#take(renewed);
    this.#parts.reconnect();
    if (isNewMember) this.#parts.startManager();
  }

  /** Nothing more is to be heard of this cluster. */
  async #expel(signal: AbortSignal): Promise<void> {
    await this.#parts.endManager();
    this.#parts.degraded(expelledText);
    await new Promise<void>((resolve) => {
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    });
  }

  /**
   * Asks until a manager answers. A manager that was removed waits for another role than its own until `untilMs`: what takes it out of the group comes first.
   * @returns undefined when the node is none of the cluster's any more
   */
  async #renew(
    { logLost, untilMs }: { readonly logLost: boolean; readonly untilMs: number },
    signal: AbortSignal,
  ): Promise<Credentials | undefined> {
    const { identity, net, clock, random, log, renew = renewCertificate } = this.#parts;
    const before = identity.current;
    let waitMs: number = limits.renewRetryMs;
    for (;;) {
      try {
        const parts = { dialer: net.dialer, picks: this.#picks, identity: before, logLost };
        const renewed = await renew(parts, signal);
        const isSame = renewed.role === before.role && renewed.raftId === before.raftId;
        if (!isSame || clock.nowMs() > untilMs) return renewed;
      } catch (error) {
        signal.throwIfAborted();
        if (!isShoalError(error)) throw error;
        if (isExpelled(error)) return undefined;
        log.at('warn', 'no certificate could be had yet', { error });
        if (clock.nowMs() > untilMs) return undefined;
      }
      await clock.sleep(waitMs * (0.5 + random.unit()), signal);
      waitMs = Math.min(waitMs * 2, limits.renewRetryMsMax);
    }
  }

  /** What the log of another member holds is of no use to this one. */
  async #take(credentials: Credentials): Promise<void> {
    const { identity, net, disk, paths } = this.#parts;
    if (credentials.raftId !== identity.current.raftId) await disk.removeTree(paths.raft);
    await identity.change({ ...credentials, hasLog: false });
    net.renew(identity.current);
  }

  #rememberManagers({ managers, clusterIncarnation }: SessionMessage): void {
    const { identity, log } = this.#parts;
    const known: readonly KnownManager[] = managers.map(({ nodeId, address, raftId }) => ({
      nodeId: asId(nodeId),
      address,
      raftId,
    }));
    const { current } = identity;
    const incarnation = Math.max(1, clusterIncarnation);
    const isSame = incarnation === current.incarnation && areSame(known, current.managers);
    if (isSame || known.length === 0) return;
    identity.change({ managers: known, incarnation }).catch((error: unknown) => {
      log.at('warn', 'the addresses of the managers could not be kept', { error });
    });
  }
}

function areSame(one: readonly KnownManager[], other: readonly KnownManager[]): boolean {
  const textOf = (managers: readonly KnownManager[]): string =>
    managers
      .map(({ nodeId, address, raftId }) => `${nodeId} ${address} ${String(raftId)}`)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .join('\n');
  return textOf(one) === textOf(other);
}

async function hasSegments(disk: Disk, directory: string): Promise<boolean> {
  const wal = `${directory}/wal`;
  if (!(await disk.exists(wal))) return false;
  return (await disk.list(wal)).some(({ name }) => name.endsWith('.wal'));
}
