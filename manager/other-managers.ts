import type { Clock } from '../common/ports/clock.ts';
import type { RpcChannel, RpcDialer } from '../common/ports/rpc.ts';
import { isShoalError } from '../common/pure/errors.ts';
import type { NodeId } from '../common/pure/ids.ts';
import type { StateCheck } from '../proto/gen/changeset.ts';
import { newManagerAddress, type ManagerAddress } from '../proto/gen/dispatcher.ts';
import { newCompareRequest, newObserveRequest, type Observation } from '../proto/gen/managers.ts';
import { managersClient } from '../proto/rpc/managers.ts';
import type { ToConsensus } from './consensus/port.ts';
import { consensusAddress } from './membership/addresses.ts';
import { leaderLink } from './membership/leader-link.ts';
import { ManagerLinks, type ManagerLink } from './membership/manager-links.ts';
import type { LeaderLink } from './proposer/port.ts';
import { removedRaftIds } from './store/raft-ids.ts';
import type { StoreView } from './store/view.ts';

/** Wait before another manager is asked again for what its nodes say, milliseconds. */
const observeRetryMs = 200;

/** Wait before another manager is asked again for what the log has made of it, milliseconds. */
const compareRetryMs = 1000;

export interface OtherManagersParts {
  readonly nodeId: NodeId;
  readonly dialer: RpcDialer;
  readonly clock: Clock;
  readonly post: (message: ToConsensus) => void;
  /** Takes what another manager says of its nodes, until it says no more. */
  readonly follow: (managerId: string, observations: AsyncIterable<Observation>) => Promise<void>;
  /** Takes what the log has made of another manager, until it tells no more. */
  readonly compare: (managerId: string, checks: AsyncIterable<StateCheck>) => Promise<void>;
  /** The process of that manager is gone. */
  readonly gone: (managerId: string) => void;
  readonly spawn: (name: string, job: (signal: AbortSignal) => Promise<void>) => void;
}

/** What one manager has to do with the others: where they are, for consensus and for itself, and what their nodes say. */
export class OtherManagers implements AsyncDisposable {
  /** The way to whoever leads. */
  readonly leader: LeaderLink;
  readonly #parts: OtherManagersParts;
  readonly #links: ManagerLinks;
  /** Ids of the nodes whose managers answer this one. */
  readonly #answering = new Set<string>();
  #told = '';

  constructor(parts: OtherManagersParts) {
    this.#parts = parts;
    this.#links = new ManagerLinks(parts.dialer, {
      selfNodeId: parts.nodeId,
      opened: (link) => {
        this.#follow(link);
        this.#compare(link);
      },
    });
    this.leader = leaderLink(this.#links);
  }

  /** True while the manager of that node answers this one. */
  isAnswering(nodeId: NodeId): boolean {
    return this.#answering.has(nodeId);
  }

  /** The way to the manager of that node; undefined while it is none of the others. */
  channelTo(nodeId: string): RpcChannel | undefined {
    return this.#links.byNodeId(nodeId)?.channel;
  }

  /** These are the managers now. */
  update(managers: readonly ManagerAddress[], view: StoreView): void {
    this.#links.update(managers);
    const peers = managers
      .filter(({ nodeId, raftId }) => nodeId !== this.#parts.nodeId && raftId !== 0)
      .map(({ nodeId, raftId, address }) => ({
        id: raftId,
        nodeId,
        address: consensusAddress(address),
      }));
    const removed = removedRaftIds(view);
    const told = JSON.stringify([peers, removed]);
    if (told === this.#told) return;
    this.#told = told;
    this.#parts.post({ kind: 'peers', peers, removed });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#links[Symbol.asyncDispose]();
  }

  /** Hears what the nodes of another manager say, for as long as it is one. */
  #follow(link: ManagerLink): void {
    const { clock, follow, gone, spawn } = this.#parts;
    spawn('observations', async (signal) => {
      const both = AbortSignal.any([signal, link.signal]);
      while (!both.aborted) {
        try {
          const client = managersClient(link.channel);
          const observations = client.observe(newObserveRequest(), { signal: both });
          await follow(link.nodeId, this.#noted(link, observations));
        } catch (error) {
          if (both.aborted) return;
          if (!isShoalError(error)) throw error;
          if (error.fields['refused'] === true) gone(link.nodeId);
        }
        await clock.sleep(observeRetryMs, both).catch(() => undefined);
      }
    });
  }

  /** Hears what the log has made of another manager, for as long as it is one. */
  #compare(link: ManagerLink): void {
    const { clock, compare, spawn } = this.#parts;
    spawn('comparison of states', async (signal) => {
      const both = AbortSignal.any([signal, link.signal]);
      while (!both.aborted) {
        try {
          const client = managersClient(link.channel);
          await compare(link.nodeId, client.compare(newCompareRequest(), { signal: both }));
        } catch (error) {
          if (both.aborted) return;
          if (!isShoalError(error)) throw error;
        }
        await clock.sleep(compareRetryMs, both).catch(() => undefined);
      }
    });
  }

  /** What another manager says, which answers for as long as it says something. */
  async *#noted(
    { nodeId }: ManagerLink,
    observations: AsyncIterable<Observation>,
  ): AsyncIterable<Observation> {
    try {
      for await (const observation of observations) {
        this.#answering.add(nodeId);
        yield observation;
      }
    } finally {
      this.#answering.delete(nodeId);
    }
  }
}

/** Every manager with its address, as the store has them. */
export function managersOf(view: StoreView): readonly ManagerAddress[] {
  return view
    .nodes()
    .filter(({ lifecycle }) => lifecycle.managerAddress !== '')
    .map(({ id, lifecycle }) =>
      newManagerAddress({
        nodeId: id,
        address: lifecycle.managerAddress,
        raftId: lifecycle.raftId,
      }),
    );
}
