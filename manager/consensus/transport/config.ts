import type { Message } from '../../raft/message.ts';
import type { NodeCredentials } from '../../../common/platform/tls/credentials.ts';
import type { ClusterId } from '../../../common/pure/ids.ts';

/** How one member is reached, and what it proves itself with. */
export interface TransportConfig extends NodeCredentials {
  readonly listen: { readonly host: string; readonly port: number };
  /** host:port under which others reach its consensus. */
  readonly advertise: string;
  readonly nodeId: string;
  readonly raftId: number;
  readonly clusterId: ClusterId;
  /** Of the cluster: a member of another one is not listened to. */
  readonly incarnation: number;
}

/** Who hears what comes from the others. None may throw unless it says so. */
export interface TransportHearer {
  receive(message: Message): void;
  /** @throws when it was not stored */
  receiveSnapshot(message: Message, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** What was sent to this member may be lost. */
  unreachable(id: number): void;
  /** Nothing listens where this member was: its process is gone. */
  gone(id: number): void;
  /** Another member says that this one was removed. */
  removed(): void;
}
