import { ShoalError } from '../../common/pure/errors.ts';
import type { ClusterNet, ClusterNets } from './cluster-net.ts';

/** Calls between nodes over gRPC. */
export class GrpcNets implements ClusterNets {
  dialJoin(): never {
    throw new ShoalError('unavailable', 'not yet');
  }

  open(): ClusterNet {
    return {
      dialer: { dial: () => this.dialJoin() },
      listen: () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() }),
      renew: () => undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}
