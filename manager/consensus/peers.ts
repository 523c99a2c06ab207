import { ShoalError } from '../../common/pure/errors.ts';
import type { Message } from '../raft/message.ts';
import type { PeerAddress, ToConsensus } from './port.ts';

/** What a member proves itself with. */
type PeerCredentials = Omit<Extract<ToConsensus, { kind: 'credentials' }>, 'kind'>;

/** The way to the other members. What is sent may be lost, late or come twice; it is never changed. */
export interface Peers {
  /** Sends to the member that the message names, in order with what was sent to it before. Never waits. */
  send(message: Message): void;
  /** Where the others are now, and who is none any more; see `port.ts`. */
  update(peers: readonly PeerAddress[], removed: readonly number[]): void;
  /** This member has another certificate. */
  renew(credentials: PeerCredentials): void;
  /**
   * Sends a `MsgSnap` with the content of its snapshot, apart from other messages.
   * @throws when it has not arrived whole, and been stored, over there; also when that takes too long or nothing is heard any more, and
   *   the reason of `signal` once that aborts: the end of this member waits for it.
   */
  sendSnapshot(
    message: Message,
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>;
}

/** For a member that has nobody to talk to. */
export const noPeers: Peers = {
  send: () => undefined,
  update: () => undefined,
  renew: () => undefined,
  sendSnapshot: () => Promise.reject(new ShoalError('unavailable', 'there is no other member')),
};
