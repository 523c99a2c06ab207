import type { Message } from '../raft/message.ts';

/** The way to the other members. What is sent may be lost, late or come twice; it is never changed. */
export interface Peers {
  /** Sends to the member that the message names, in order with what was sent to it before. Never waits. */
  send(message: Message): void;
}

/** For a member that has nobody to talk to. */
export const noPeers: Peers = { send: () => undefined };
