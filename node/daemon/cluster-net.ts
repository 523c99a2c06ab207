import type { DialedChannel, RpcDialer, RpcHandler } from '../../common/ports/rpc.ts';
import type { Identity } from '../identity/identity.ts';
import type { HostPort } from './addresses.ts';

/** What carries calls between the nodes of one cluster, as long as this node belongs to it. */
export interface ClusterNet extends AsyncDisposable {
  /** To other managers, with this node's certificate. */
  readonly dialer: RpcDialer;
  /**
   * Answers other nodes on `place` until disposed.
   * @throws ShoalError `unavailable` when the address cannot be bound
   */
  listen(place: HostPort, handlers: readonly RpcHandler[]): Promise<AsyncDisposable>;
  /** The node proves itself with another certificate in connections that come. */
  renew(identity: Identity): void;
}

/** Makes what carries calls between nodes. */
export interface ClusterNets {
  /**
   * The way in of a manager for a node without a certificate.
   * @param trustRootPem whoever does not prove itself by this root is not talked to; absent: nobody is known yet
   */
  dialJoin(address: string, trustRootPem?: string): DialedChannel;
  open(identity: Identity): ClusterNet;
}
