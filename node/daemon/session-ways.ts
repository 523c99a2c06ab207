import type { DialedChannel, RpcChannel, RpcDialer } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import type { Random } from '../../common/pure/random.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { KeptIdentity } from '../identity/kept-identity.ts';
import { ManagerPicks } from './manager-picks.ts';
import type { ManagerRole } from './manager-role.ts';

export interface SessionWaysParts {
  readonly identity: KeptIdentity;
  readonly dialer: RpcDialer;
  readonly random: Random;
  /** The manager of this node, while it serves. */
  readonly ownManager: () => Pick<ManagerRole, 'channel'> | undefined;
}

/**
 * The ways on which the worker of this node reaches a manager: its own node's while that serves, else one of the address book, another each time.
 * One at a time: the one before is closed.
 */
export class SessionWays implements AsyncDisposable {
  readonly #parts: SessionWaysParts;
  readonly #picks: ManagerPicks;
  readonly #changed = new Wakeup();
  #dialed: DialedChannel | undefined;
  #closing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: SessionWaysParts) {
    this.#parts = parts;
    this.#picks = new ManagerPicks(parts.random);
  }

  /** Waits while there is no manager to try. @throws ShoalError `unavailable` once closed, or the reason of `signal` */
  async connect(signal: AbortSignal): Promise<RpcChannel> {
    for (;;) {
      this.reset();
      signal.throwIfAborted();
      if (this.#isClosed) throw new ShoalError('unavailable', 'this node leaves its managers');
      const own = this.#parts.ownManager();
      if (own !== undefined) return own.channel();
      const { nodeId, managers } = this.#parts.identity.current;
      const pick = this.#picks.next(managers.filter((manager) => manager.nodeId !== nodeId));
      if (pick !== undefined) {
        this.#dialed = this.#parts.dialer.dial(pick);
        return this.#dialed;
      }
      await this.#changed.wait(signal);
    }
  }

  /** The manager of this node serves from now on: the session moves to it. */
  ownManagerServes(): void {
    this.#changed.notify();
    this.reset();
  }

  /** Ends the session with another node's manager, so that the next one begins anew. */
  reset(): void {
    const dialed = this.#dialed;
    this.#dialed = undefined;
    if (dialed === undefined) return;
    const closing = dialed[Symbol.asyncDispose]();
    this.#closing = Promise.all([this.#closing, closing]).then(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#changed.notify();
    this.reset();
    await this.#closing;
  }
}
