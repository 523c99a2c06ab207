import { ClusterServer } from '../../common/platform/grpc/cluster-server.ts';
import { dialForJoining, GrpcDialer } from '../../common/platform/grpc/dialer.ts';
import type { DialedChannel, RpcDialer, RpcHandler } from '../../common/ports/rpc.ts';
import type { Identity } from '../identity/identity.ts';
import type { HostPort } from './addresses.ts';
import type { ClusterNet, ClusterNets } from './cluster-net.ts';

/** Calls between nodes over gRPC. */
export class GrpcNets implements ClusterNets {
  dialJoin(address: string, trustRootPem?: string): DialedChannel {
    return dialForJoining(address, trustRootPem);
  }

  open(identity: Identity): ClusterNet {
    return new GrpcNet(identity);
  }
}

class GrpcNet implements ClusterNet {
  readonly #dialer: GrpcDialer;
  readonly #servers = new Set<ClusterServer>();
  #identity: Identity;

  constructor(identity: Identity) {
    this.#identity = identity;
    this.#dialer = new GrpcDialer(identity, identity.clusterId);
  }

  get dialer(): RpcDialer {
    return this.#dialer;
  }

  async listen(
    { host, port }: HostPort,
    handlers: readonly RpcHandler[],
  ): Promise<AsyncDisposable> {
    const { clusterId } = this.#identity;
    const server = new ClusterServer({ credentials: this.#identity, clusterId, handlers });
    await server.listen(host, port);
    this.#servers.add(server);
    return {
      [Symbol.asyncDispose]: async () => {
        this.#servers.delete(server);
        await server[Symbol.asyncDispose]();
      },
    };
  }

  renew(identity: Identity): void {
    this.#identity = identity;
    this.#dialer.update(identity);
    for (const server of this.#servers) server.update(identity);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    this.#servers.clear();
  }
}
