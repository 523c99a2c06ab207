import { invariant } from './invariant.ts';

/** Every bound of the product, named once. Bytes, milliseconds or counts, as the name says. */
export const limits = {
  /** Operations in one change set. */
  setOps: 500,
  /** Encoded bytes of one change set. */
  setBytes: 256 * 1024,
  /** Encoded bytes of a set that only creates one secret or config. */
  blobSetBytes: 1_126_400,
  /** Encoded bytes of one entry (a batch of sets) in the log. */
  entryBytes: 2 * 1024 * 1024,
  /** Sets that wait in the proposer for an outcome. */
  proposerSets: 4096,
  /** Bytes that wait in the proposer. */
  proposerBytes: 32 * 1024 * 1024,
  /** How long a set may wait for its outcome, in milliseconds. */
  proposerAgeMs: 20_000,
  /** Entries handed from consensus to the main thread and not yet applied. */
  consensusCreditEntries: 1024,
  /** Bytes of such entries. */
  consensusCreditBytes: 16 * 1024 * 1024,
  /** Bytes written and synced as one group by the log. */
  walGroupBytes: 1024 * 1024,
  /** Bytes of one segment of the log. */
  walSegmentBytes: 16 * 1024 * 1024,
  /** Outcomes of change sets kept for retries, and lines of the timeline. */
  timelineSets: 10_000,
  /** Bytes of the timeline. */
  timelineBytes: 4 * 1024 * 1024,
  /** Events kept for watchers that resume. */
  watchHistoryEvents: 16_384,
  /** Events queued for one watcher before it is told to list again. */
  watchQueueEvents: 8192,
  /** Watchers of one store. */
  watchers: 4096,
  /** Replicas of one service. */
  serviceReplicas: 1_000_000,
  /** Bytes of a JSON request body of the API. */
  apiBodyBytes: 4 * 1024 * 1024,
  /** Depth of nesting in a JSON request body. */
  apiJsonDepth: 64,
  /** Bytes of one RPC message. */
  rpcMessageBytes: 1024 * 1024,
  /** Bytes buffered for one RPC stream. */
  rpcStreamBytes: 2 * 1024 * 1024,
  /** Depth of nesting that a decoder follows. */
  decodeDepth: 32,
  /** Elements of one repeated field that a decoder accepts. */
  decodeElements: 100_000,
} as const;

invariant(limits.setBytes < limits.entryBytes, 'an entry must hold the largest ordinary set');
invariant(limits.blobSetBytes < limits.entryBytes, 'an entry must hold the largest set');
invariant(limits.entryBytes <= limits.consensusCreditBytes, 'credit must cover one entry');
