import type { Role } from './core.ts';
import { describeEntry, describeHardState, describeMessage, describeSnapshot } from './describe.ts';
import type { Entry } from './entry.ts';
import type { MemberId } from './member.ts';
import type { Message } from './message.ts';
import type { ReadState } from './read-queue.ts';
import type { HardState, Snapshot } from './snapshot.ts';

/** What is not durable, and what others like to know. */
export interface SoftState {
  readonly leader: MemberId;
  readonly role: Role;
}

/**
 * What a member wants done, in this order: write the snapshot, the entries and the hard state, with one sync if there is
 * a snapshot or `mustSync`; send the messages; apply the committed entries; then say so.
 *
 * With asynchronous writes the first and the third are messages among the others, to the two local threads.
 */
export interface Ready {
  /** Only when it changed. */
  readonly softState: SoftState | undefined;
  /** Only when it changed. */
  readonly hardState: HardState | undefined;
  readonly readStates: readonly ReadState[];
  /** To be written before the messages are sent. They replace whatever stands at their indexes and behind. */
  readonly entries: readonly Entry[];
  /** To be written, and given to the state machine, before the entries. */
  readonly snapshot: Snapshot | undefined;
  /** Written before, here or elsewhere: to be given to the state machine, in order, each once. */
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  /** Entries, term or vote must be durable before the messages leave. A snapshot must be in any case. */
  readonly mustSync: boolean;
}

export function describeReady(ready: Ready): string {
  const parts = [
    ready.softState && `Lead:${ready.softState.leader} State:${ready.softState.role}`,
    ready.hardState && `HardState ${describeHardState(ready.hardState)}`,
    ready.readStates.length > 0 && `ReadStates ${describeReadStates(ready.readStates)}`,
    ready.entries.length > 0 && `Entries:\n${lines(ready.entries, describeEntry)}`,
    ready.snapshot && `Snapshot ${describeSnapshot(ready.snapshot)}`,
    ready.committedEntries.length > 0 &&
      `CommittedEntries:\n${lines(ready.committedEntries, describeEntry)}`,
    ready.messages.length > 0 && `Messages:\n${lines(ready.messages, describeMessage)}`,
  ].filter((part) => typeof part === 'string');
  if (parts.length === 0) return '<empty Ready>';
  return `Ready MustSync=${String(ready.mustSync)}:\n${parts.join('\n')}\n`;
}

function describeReadStates(states: readonly ReadState[]): string {
  return states.map(({ index, context }) => `${context}@${index}`).join(' ');
}

function lines<T>(items: readonly T[], describe: (item: T) => string): string {
  return items.map((item) => describe(item)).join('\n');
}
