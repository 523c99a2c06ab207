import type { DialedChannel, RpcDialer } from '../../common/ports/rpc.ts';
import type { ManagerAddress } from '../../proto/gen/dispatcher.ts';

/** The way to one other manager. */
export interface ManagerLink {
  readonly nodeId: string;
  readonly raftId: number;
  readonly address: string;
  readonly channel: DialedChannel;
  /** Aborts when the manager is none of the cluster any more, or is somewhere else. */
  readonly signal: AbortSignal;
}

interface OpenLink extends ManagerLink {
  readonly ended: AbortController;
}

/** Channels to all other managers, kept in step with what the cluster says of them. */
export class ManagerLinks implements AsyncDisposable {
  readonly #dialer: RpcDialer;
  readonly #selfNodeId: string;
  readonly #opened: (link: ManagerLink) => void;
  readonly #links = new Map<string, OpenLink>();
  #closing: Promise<void> = Promise.resolve();
  #isDisposed = false;

  /** @param opened hears of each link once; it must not throw. */
  constructor(
    dialer: RpcDialer,
    { selfNodeId, opened }: { selfNodeId: string; opened: (link: ManagerLink) => void },
  ) {
    this.#dialer = dialer;
    this.#selfNodeId = selfNodeId;
    this.#opened = opened;
  }

  /** The manager with this raft id, if it is another one of the cluster. */
  byRaftId(raftId: number): ManagerLink | undefined {
    return [...this.#links.values()].find((link) => link.raftId === raftId);
  }

  /** The manager of that node, if it is another one of the cluster. */
  byNodeId(nodeId: string): ManagerLink | undefined {
    return [...this.#links.values()].find((link) => link.nodeId === nodeId);
  }

  /** These, and no others, are the managers now. Nothing is opened any more once this is disposed. */
  update(managers: readonly ManagerAddress[]): void {
    if (this.#isDisposed) return;
    const others = managers.filter(
      ({ nodeId, address }) => nodeId !== this.#selfNodeId && address !== '',
    );
    const names = new Set(others.map(nameOf));
    for (const [name, link] of this.#links) if (!names.has(name)) this.#close(name, link);
    for (const manager of others) if (!this.#links.has(nameOf(manager))) this.#open(manager);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const [name, link] of this.#links) this.#close(name, link);
    await this.#closing;
  }

  #open({ nodeId, raftId, address }: ManagerAddress): void {
    const ended = new AbortController();
    const channel = this.#dialer.dial({ nodeId, address });
    const link = { nodeId, raftId, address, channel, ended, signal: ended.signal };
    this.#links.set(nameOf(link), link);
    this.#opened(link);
  }

  #close(name: string, { ended, channel }: OpenLink): void {
    this.#links.delete(name);
    ended.abort(new Error('the manager is not there any more'));
    const closed = channel[Symbol.asyncDispose]();
    this.#closing = Promise.allSettled([this.#closing, closed]).then(() => undefined);
  }
}

function nameOf(manager: Pick<ManagerAddress, 'nodeId' | 'raftId' | 'address'>): string {
  return `${manager.nodeId} ${manager.raftId} ${manager.address}`;
}
