import type { ConfChange } from '../raft/confchange/change.ts';
import type { ConfState } from '../raft/snapshot.ts';

/**
 * The consensus actor's port: plain messages whose payload is bytes, so that it crosses a thread as well as a call.
 *
 * No shared object, no callback, no synchronous question. Messages in one direction keep their order.
 */

/** One committed entry; `data` is empty for an entry that consensus itself made (a new leader's first one). */
export interface CommittedEntry {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
}

/** Who leads, as this member knows. */
export interface Leadership {
  readonly term: number;
  /** Raft id of the leader. */
  readonly leader: number | undefined;
  /** True when this member leads. */
  readonly self: boolean;
}

/** Where another member is. */
export interface PeerAddress {
  /** Raft id. */
  readonly id: number;
  readonly nodeId: string;
  /** host:port of its consensus. */
  readonly address: string;
}

/** How far another member is, as the leader sees it. */
export interface PeerProgress {
  readonly id: number;
  /** Highest index that it is known to have; 0 while unknown. */
  readonly matchIndex: number;
  /** It was heard within the last election timeout. */
  readonly isActive: boolean;
}

/** What main tells consensus. */
export type ToConsensus =
  /** Append `data` if this member leads in `term` (0: in whatever term it leads). Answered by one `outcome`. */
  | {
      readonly kind: 'propose';
      readonly requestId: number;
      readonly term: number;
      readonly data: Uint8Array;
    }
  /**
   * Change who belongs to the group, as `propose`. Dropped, too, while the change before is not applied. `committed` says that it stands in
   * the log; who belongs to the group then is told by `members`.
   */
  | {
      readonly kind: 'changeMembers';
      readonly requestId: number;
      readonly term: number;
      readonly change: ConfChange;
    }
  /** Where the other members are, and who was one and is none any more: all that main knows. Before the first of them nobody is dialled. */
  | {
      readonly kind: 'peers';
      readonly peers: readonly PeerAddress[];
      /** Raft ids. They are told so, and not listened to. */
      readonly removed: readonly number[];
    }
  /** This member proves itself to others with another certificate from now on. */
  | {
      readonly kind: 'credentials';
      readonly certificatePem: string;
      readonly privateKeyPem: string;
      readonly trustRootPem: string;
    }
  /**
   * Hand leadership over to member `to`, or with 0 to whoever is most up to date, if that can follow at once. Whether it came to that is told
   * by `leadership`.
   */
  | { readonly kind: 'transfer'; readonly to: number }
  /** Ask for an index that covers everything acknowledged so far. Answered by one `barrierDone`. */
  | { readonly kind: 'readBarrier'; readonly requestId: number }
  /** The answer to `progress`: a main that owes it for long does not lead. */
  | { readonly kind: 'alive' }
  /** Main has applied everything up to `index`. */
  | { readonly kind: 'applied'; readonly index: number }
  /** Main can take so many more entries and bytes. */
  | { readonly kind: 'credit'; readonly entries: number; readonly bytes: number }
  /** A piece of the snapshot that `snapshotWanted` asked for; `last` ends it. */
  | {
      readonly kind: 'snapshotChunk';
      readonly index: number;
      readonly term: number;
      readonly data: Uint8Array;
      readonly last: boolean;
    }
  /** Close the log and end. Answered by `stopped`. */
  | { readonly kind: 'stop' };

/** What consensus tells main. */
export type FromConsensus =
  /**
   * committed: durable and in the log at `index`. dropped: certainly not, and never will be. noRoom: the same, for the disk is full.
   * unknown: it may be or not.
   */
  | {
      readonly kind: 'outcome';
      readonly requestId: number;
      readonly outcome: 'committed' | 'dropped' | 'noRoom' | 'unknown';
      readonly index: number;
    }
  /** Entries in index order, each exactly once, never beyond the credit given. */
  | { readonly kind: 'committed'; readonly entries: readonly CommittedEntry[] }
  /** `index` is the one to wait for before reading. It comes when there is a leader to ask; undefined: this member ends. */
  | { readonly kind: 'barrierDone'; readonly requestId: number; readonly index: number | undefined }
  /** Who belongs to the group once the entry at `index` is applied. Sent at the start and with every change. */
  | { readonly kind: 'members'; readonly index: number; readonly confState: ConfState }
  /** Sent by a leader that has others, every election timeout: this member is none of `peers`. Answered by `alive`. */
  | {
      readonly kind: 'progress';
      readonly term: number;
      readonly lastIndex: number;
      readonly peers: readonly PeerProgress[];
    }
  /** Others say that this member was removed: it can only be joined anew, under another raft id. */
  | { readonly kind: 'removed' }
  /** Sent at every change. */
  | ({ readonly kind: 'leadership' } & Leadership)
  /** The log is long enough: main cuts a snapshot at its applied index and sends it in chunks. */
  | { readonly kind: 'snapshotWanted' }
  /** State to start from, before any entry: a snapshot in chunks. `last` ends it; entries begin at `index` + 1. */
  | {
      readonly kind: 'snapshotChunk';
      readonly index: number;
      readonly term: number;
      readonly data: Uint8Array;
      readonly last: boolean;
    }
  /** Everything that was in the log at start has been handed over. */
  | { readonly kind: 'replayed'; readonly index: number }
  /** Storage failed or an invariant broke: nothing more comes, the process must end. Never retried. */
  | {
      readonly kind: 'failed';
      readonly code: 'storageFailed' | 'corrupt' | 'unavailable' | 'internal';
      readonly message: string;
    }
  | { readonly kind: 'stopped' };

/** Main's end of the actor. */
export interface ConsensusPort {
  post(message: ToConsensus): void;
  /** Sets the one receiver; called once, before the first `post`. */
  receive(handler: (message: FromConsensus) => void): void;
}
