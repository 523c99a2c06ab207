import { randomBytes } from 'node:crypto';

import type { Clock } from '../../common/ports/clock.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { PeerIdentity } from '../../common/ports/identity.ts';
import type { DialedChannel, RpcHandler } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import { foundAuthority, signNode } from '../../manager/ca/authority.ts';
import type { Foundation } from '../../manager/ca/authority.ts';
import { X509Signer } from '../../manager/ca/signer/x509-signer.ts';
import type { ClusterNet, ClusterNets } from '../../node/daemon/cluster-net.ts';
import type { Identity } from '../../node/identity/identity.ts';
import { newManagerAddress } from '../../proto/gen/dispatcher.ts';
import type { ManagerAddress } from '../../proto/gen/dispatcher.ts';
import { newJoinResponse, newRootResponse } from '../../proto/gen/managers.ts';
import type { JoinRequest, JoinResponse, RenewRequest } from '../../proto/gen/managers.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import { certificatesHandlers, joiningHandlers } from '../../proto/rpc/managers.ts';

const clusterId = asId<'cluster'>('clusteraaaaaaaaaaaaaaaaaa');
const signer = new X509Signer();
const entropy: Entropy = { bytes: (length) => new Uint8Array(randomBytes(length)) };

/**
 * Managers of one cluster at addresses, over memory: they take nodes in and renew certificates with real keys, and are told what to answer otherwise.
 */
export class FakeManagers implements ClusterNets {
  readonly foundation: Foundation;
  /** Thrown by the manager at that address, instead of an answer. Whoever is in no address book does not answer at all. */
  readonly failures = new Map<string, ShoalError>();
  readonly dialed: string[] = [];
  readonly joined: JoinRequest[] = [];
  readonly renewed: RenewRequest[] = [];
  /** What the next node becomes, or the node has become. */
  role: NodeRole = NodeRole.worker;
  raftId = 77;
  managers: readonly ManagerAddress[] = [address('m1', 1), address('m2', 2)];
  /** Changes an answer before it leaves. */
  spoil: (response: JoinResponse) => JoinResponse | Promise<JoinResponse> = (response) => response;
  readonly #clock: Clock;
  readonly #servers = new Map<string, MemoryRpcServer>();

  private constructor(foundation: Foundation, clock: Clock) {
    this.foundation = foundation;
    this.#clock = clock;
  }

  static async found(clock: Clock): Promise<FakeManagers> {
    return new FakeManagers(await foundAuthority(signer, entropy, clock.wallMs()), clock);
  }

  dialJoin(at: string): DialedChannel {
    return this.#dial(at, {
      nodeId: asId(''),
      clusterId: asId(''),
      role: 'anyone',
      host: '10.0.0.9',
    });
  }

  open(identity: Identity): ClusterNet {
    const peer = (): PeerIdentity => ({ nodeId: identity.nodeId, clusterId, role: identity.role });
    return {
      dialer: { dial: (manager) => this.#dial(manager.address, peer()) },
      listen: () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() }),
      renew: () => undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  #dial(at: string, peer: PeerIdentity): DialedChannel {
    this.dialed.push(at);
    const channel = this.#serverAt(at).channel(peer);
    return Object.assign(channel, {
      [Symbol.asyncDispose]: () => {
        channel.disconnect();
        return Promise.resolve();
      },
    });
  }

  #serverAt(at: string): MemoryRpcServer {
    const server = this.#servers.get(at) ?? new MemoryRpcServer(this.#handlers(at), this.#clock);
    this.#servers.set(at, server);
    return server;
  }

  #handlers(at: string): readonly RpcHandler[] {
    return [
      ...joiningHandlers({
        root: () =>
          this.#answer(at, () => newRootResponse({ trustRootPem: this.foundation.trustRootPem })),
        join: (request) =>
          this.#answer(at, () => {
            this.joined.push(request);
            return this.#sign('nodeaaaaaaaaaaaaaaaaaaaaa', request.publicKey);
          }),
      }),
      ...certificatesHandlers({
        renew: (request, { peer }) =>
          this.#answer(at, () => {
            this.renewed.push(request);
            return this.#sign(peer.nodeId, request.publicKey);
          }),
      }),
    ];
  }

  async #answer<T>(at: string, answer: () => T | Promise<T>): Promise<T> {
    const failure = this.failures.get(at);
    if (failure !== undefined) throw failure;
    if (!this.managers.some((manager) => manager.address === at))
      throw new ShoalError('unavailable', 'connection refused');
    return await answer();
  }

  async #sign(nodeId: string, publicKeySpki: Uint8Array): Promise<JoinResponse> {
    const isManager = this.role === NodeRole.manager;
    const raftId = isManager ? this.raftId : 0;
    const { keys, trustRootPem } = this.foundation;
    const certificateDer = await signNode(signer, keys, {
      nodeId: asId(nodeId),
      clusterId,
      role: isManager ? 'manager' : 'worker',
      raftId,
      nowMs: this.#clock.wallMs(),
      publicKeySpki,
    });
    const response = newJoinResponse({
      nodeId,
      clusterId,
      role: this.role,
      certificateDer,
      trustRootPem,
      raftId,
      founderRaftId: isManager ? 1 : 0,
      managers: this.managers,
      address: '10.0.0.9',
    });
    return await this.spoil(response);
  }
}

/** A manager as address books name it: `m1` is at `m1:2377`. */
export function address(nodeId: string, raftId: number): ManagerAddress {
  return newManagerAddress({ nodeId, address: `${nodeId}:2377`, raftId });
}
