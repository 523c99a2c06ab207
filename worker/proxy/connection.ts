import type { ByteStream, Connecting, ConnectOutcome, Net } from '../../common/ports/net.ts';
import { limits } from '../../common/pure/limits.ts';
import type { BalancedEndpoint } from '../routing/balancer.ts';
import type { DialDeadlines, TimedDial } from './dial-deadlines.ts';
import type { PortListener } from './port-listener.ts';
import { Splice, type SpliceObserver } from './splice.ts';

/** What connections share, and whom they tell. */
export interface ConnectionOwner {
  readonly net: Net;
  readonly deadlines: DialDeadlines;
  nowMs(): number;
  /** The endpoint did not accept the connection; it is given back. */
  dialFailed(endpoint: BalancedEndpoint): void;
  carriedUp(bytes: number): void;
  carriedDown(bytes: number): void;
  /** The connection is over and its endpoint, if it had one at last, given back; comes once. */
  connectionClosed(connection: Connection, endpoint: BalancedEndpoint | undefined): void;
}

const none: ReadonlySet<BalancedEndpoint> = new Set();

/**
 * One accepted connection: first it looks for an endpoint that accepts it, then it joins both.
 *
 * There may be thousands a second, so it is one object without promises, signals or timers of its own.
 */
export class Connection implements ConnectOutcome, TimedDial, SpliceObserver {
  readonly #owner: ConnectionOwner;
  readonly #port: PortListener;
  readonly #client: ByteStream;
  /** Endpoints that failed this connection. */
  #tried: Set<BalancedEndpoint> | undefined;
  #endpoint: BalancedEndpoint | undefined;
  #connecting: Connecting | undefined;
  #splice: Splice | undefined;

  constructor(owner: ConnectionOwner, port: PortListener, client: ByteStream) {
    this.#owner = owner;
    this.#port = port;
    // It is not started before its server is found: what it sends early waits in its socket.
    this.#client = client;
  }

  /** Dials an endpoint. When none is left that was not tried, resets the client. Called once. */
  begin(): void {
    this.#dialNext();
  }

  /** Drops both sides at once. */
  destroy(): void {
    if (this.#splice !== undefined) this.#splice.destroy();
    else if (this.#connecting !== undefined) {
      this.#connecting.cancel();
      this.#endDial();
      if (this.#endpoint !== undefined) this.#port.balancer.closed(this.#endpoint);
      this.#giveUp();
    }
  }

  connected(server: ByteStream): void {
    this.#endDial();
    if (this.#endpoint !== undefined) this.#port.balancer.connected(this.#endpoint);
    this.#splice = new Splice(this.#client, server, this);
  }

  failed(): void {
    this.#endDial();
    const endpoint = this.#endpoint;
    if (endpoint !== undefined) {
      this.#endpoint = undefined;
      this.#tried ??= new Set();
      this.#tried.add(endpoint);
      this.#port.balancer.failed(endpoint, this.#owner.nowMs());
      this.#owner.dialFailed(endpoint);
    }
    this.#dialNext();
  }

  expired(): void {
    this.#connecting?.cancel();
    this.failed();
  }

  up(bytes: number): void {
    this.#owner.carriedUp(bytes);
  }

  down(bytes: number): void {
    this.#owner.carriedDown(bytes);
  }

  closed(): void {
    if (this.#endpoint !== undefined) this.#port.balancer.closed(this.#endpoint);
    this.#owner.connectionClosed(this, this.#endpoint);
  }

  #dialNext(): void {
    const { net, deadlines } = this.#owner;
    const tried = this.#tried ?? none;
    const isSpent = tried.size >= limits.proxyDialAttempts;
    const endpoint = isSpent ? undefined : this.#port.balancer.pick(tried, this.#owner.nowMs());
    if (endpoint === undefined) {
      this.#giveUp();
      return;
    }
    this.#endpoint = endpoint;
    const { address, port } = endpoint.target;
    this.#connecting = net.connect({ kind: 'tcp', host: address, port }, this);
    deadlines.add(this);
  }

  #endDial(): void {
    this.#connecting = undefined;
    this.#owner.deadlines.delete(this);
  }

  #giveUp(): void {
    this.#client.destroy();
    this.#owner.connectionClosed(this, this.#endpoint);
  }
}
