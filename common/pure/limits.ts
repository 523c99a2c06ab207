import { invariant } from './invariant.ts';

/** Every bound of the product, named once. Bytes, milliseconds or counts, as the name says. */
export const limits = {
  /** Operations in one change set. */
  setOps: 500,
  /** Operations that a decider puts into one set; at their usual size far below `setBytes`. */
  deciderChunkOps: 400,
  /** Encoded bytes of one change set. */
  setBytes: 262_144,
  /** Encoded bytes of a set that only creates one secret or config. */
  blobSetBytes: 1_126_400,
  /** Encoded bytes of one entry (a batch of sets) in the log. */
  entryBytes: 2_097_152,
  /** Operations in one entry, unless a single set has more: so that one entry leaves no watcher behind. */
  entryOps: 4096,
  /** Sets that wait in the proposer for an outcome. */
  proposerSets: 4096,
  /** Bytes that wait in the proposer. */
  proposerBytes: 33_554_432,
  /** How long a set may wait for its outcome, in milliseconds. */
  proposerAgeMs: 20_000,
  /** Entries proposed and not yet answered, as long as each is full. */
  proposerEntries: 64,
  /** Entries proposed and not yet answered while few sets wait: those that come meanwhile share the next one. */
  proposerSharedEntries: 1,
  /** Batches of sets under way to the manager that leads, as long as each is full. */
  proposerForwards: 8,
  /** Batches under way to the manager that leads while few sets wait: those that come meanwhile share the next one. */
  proposerSharedForwards: 1,
  /** Wait before sets that did not get through to the leader are sent again, in milliseconds. */
  proposerRetryMs: 50,
  /** How long sets and reads wait for somebody to lead, in milliseconds; once nobody has led for so long they fail at once. */
  leaderlessMs: 10_000,
  /** How long a manager serves nodes though it knows of nobody who leads, in milliseconds. */
  sessionsLeaderlessMs: 2000,
  /** How long a node may take to come back to a manager after it found none for a while: its longest wait between two tries, and a dial to one that does not answer. */
  sessionReturnMs: 15_000,
  /** Checks of the state that a manager keeps, of its own and of each other manager, until all have told theirs. */
  stateChecksKept: 16,
  /** How long a manager whose state differs from the leader's waits for the others to say who is wrong, in milliseconds. */
  stateVotesMs: 10_000,
  /** How far a set's time stamp may run ahead of cluster time, beside what passed on the leader's own clock, in milliseconds. */
  wallAheadMs: 5000,
  /** Bytes of entries and snapshot that main takes in before others get their turn. */
  applyTurnBytes: 131_072,
  /** Entries handed from consensus to the main thread and not yet applied. */
  consensusCreditEntries: 1024,
  /** Bytes of such entries. */
  consensusCreditBytes: 16_777_216,
  /** Milliseconds of one tick of Raft. */
  raftTickMs: 50,
  /** Ticks without a leader after which a member stands for election, and up to twice as many by chance. */
  raftElectionTicks: 10,
  /** Ticks between two heartbeats of a leader. */
  raftHeartbeatTicks: 2,
  /** Bytes of entries in one message between managers, unless a single one is larger. */
  raftMessageBytes: 1_048_576,
  /** Messages with entries that are under way to one manager. */
  raftInflightMessages: 256,
  /** Bytes of such entries. */
  raftInflightBytes: 16_777_216,
  /** Bytes of entries that a follower's main has not applied: one that stands still takes no more, as if it were away. */
  raftWaitingBytes: 268_435_456,
  /** Messages and bytes of entries that wait for one other manager; beyond it they are lost, as on a broken wire. */
  peerQueueMessages: 4096,
  peerQueueBytes: 33_554_432,
  /** Bytes after which messages that could share a frame go into the next. */
  peerFrameBytes: 1_048_576,
  /** How long an acknowledgement that says nothing new may wait for a message to go along with, in milliseconds. */
  peerEchoMs: 10,
  /** Bytes of one frame between managers: an entry, and what stands around it. */
  peerFrameBytesMax: 4_194_304,
  /** Bytes of one piece of a snapshot on its way to another manager, and how long the next may take, in milliseconds. */
  peerPieceBytes: 262_144,
  peerPieceMs: 10_000,
  /** How long the other side may take to store a snapshot that has come whole, in milliseconds. */
  peerStoreMs: 60_000,
  /** Wait before a lost connection to another manager is dialled again: from the first to the last, in milliseconds. */
  peerRedialMs: 20,
  peerRedialMsMax: 1000,
  /** How long a dial may take, and how often and for how long a silent connection is asked whether it is there, in milliseconds. */
  peerDialMs: 2000,
  peerKeepaliveMs: 1000,
  /** Bytes written and synced as one group by the log. */
  walGroupBytes: 1_048_576,
  /** Bytes of one segment of the log. */
  walSegmentBytes: 16_777_216,
  /** Bytes that must be free where the data root lies; with less, users' changes are refused, so that all others find room. */
  diskFreeBytesMin: 67_108_864,
  /** Bytes that must be free before changes are taken again. */
  diskFreeBytesAmple: 83_886_080,
  /** How often it is looked, in milliseconds. */
  diskLookMs: 2000,
  /** Entries applied since the last snapshot after which the next one is cut. */
  snapshotEntries: 10_000,
  /** Bytes of entries after which it is cut even so: a start reads about that much. */
  snapshotLogBytes: 67_108_864,
  /** Entries before a snapshot that stay in the log for members that are a little behind. */
  snapshotTrailingEntries: 500,
  /** Outcomes of change sets kept for retries, and lines of the timeline. */
  timelineSets: 10_000,
  /** Characters of the timeline's texts, with an allowance for each line. */
  timelineBytes: 4_194_304,
  /** Changes that one line of the timeline names. */
  timelineChanges: 8,
  /** Newest spec revisions of a service that are kept though no task runs them. */
  specRevisions: 10,
  /** Records of a snapshot that are encoded or decoded in one turn. */
  snapshotSliceRows: 100,
  /** Bytes after which such a slice ends. */
  snapshotSliceBytes: 524_288,
  /** Bytes of one record of a snapshot. */
  snapshotRecordBytes: 2_097_152,
  /** Events kept for watchers that resume. */
  watchHistoryEvents: 16_384,
  /** Events queued for one watcher before it is told to list again. */
  watchQueueEvents: 8192,
  /** Events of one type that `/events` can show afterwards; as many as the engine keeps. */
  eventMemory: 256,
  /** Watchers of one store. */
  watchers: 4096,
  /** Replicas of one service. */
  serviceReplicas: 1_000_000,
  /** Failed slots of an update that its status names; more than that are too many whatever the ratio. */
  updateFailedSlots: 5000,
  /** Bytes of a head of the API: registry configurations in headers reach 20 KB. */
  apiHeadBytes: 1_048_576,
  /** Bytes of a JSON request body of the API. */
  apiBodyBytes: 4_194_304,
  /** Depth of nesting in a JSON request body. */
  apiJsonDepth: 64,
  /** How long the API may take to begin an answer that the cluster gives. */
  apiRequestMs: 20_000,
  /** Looks of clients that wait for a service to converge, a second; beyond it each look waits its turn, but no longer than this. */
  waitingLooks: 100,
  waitingLookMsMax: 2_000,
  /** How long the engine may take over its part of an answer that can be given without it. */
  apiEngineMs: 5000,
  /** How long the engine may take over its part of an answer that cannot. */
  apiEngineAnswerMs: 60_000,
  /** How long a registry may take to answer through the engine. */
  apiDistributionMs: 2000,
  /** How long a registry that did not answer is not asked again. */
  registrySilentMs: 10_000,
  /** Registries remembered, questions that wait for one of them, and those put to one that answers at one time. */
  registriesKnown: 64,
  registryLookups: 256,
  registryLookupsAtOnce: 4,
  /** How often a ping asks the engine for its versions, and how long it waits for them. */
  apiEngineProbeMs: 5000,
  apiEnginePingMs: 1000,
  /** Connections to the engine that wait for the next call that only reads, and for how long. */
  apiEngineIdleConnections: 32,
  apiEngineIdleMs: 500,
  /** How often a client that has ended its half of a raw stream is asked whether it is still there. */
  apiGoneClientMs: 1000,
  /** Rows of a list that are encoded at one go. */
  apiListSliceRows: 200,
  /** Such slices of long lists that are encoded in one turn, whoever asked for them. */
  apiListRenders: 4,
  /** Bytes of one RPC message. */
  rpcMessageBytes: 1_048_576,
  /** Bytes after which rows that could share one RPC message go into the next. */
  rpcBatchBytes: 262_144,
  /** Characters of a task's message and of its error; the rest is cut off. */
  taskTextLength: 2048,
  /** Endpoints of one service that a node is told of. */
  endpointSetTasks: 8192,
  /** Encoded bytes of a service's spec. */
  serviceSpecBytes: 196_608,
  /** Wait before a lost connection is dialled again, from the first to the last, in milliseconds. */
  rpcRedialMs: 100,
  rpcRedialMsMax: 1000,
  /** How long a connection for RPC may take to come about, in milliseconds. */
  rpcConnectMs: 3000,
  /** How long a unary RPC may take when its caller names no deadline, in milliseconds. */
  rpcUnaryMs: 30_000,
  /** How long whoever connects to a manager has for the TLS handshake, in milliseconds. */
  tlsHandshakeMs: 3000,
  /** Bytes of the first message of TLS, from which the server is chosen that answers. */
  tlsHelloBytes: 16_384,
  /** Connections of RPC that are in their handshake at one time. */
  rpcHandshakes: 1024,
  /** Connections of nodes to one manager. */
  rpcConnections: 20_000,
  /** Connections of nodes that have no certificate yet, in total and from one address. */
  rpcJoiningConnections: 256,
  rpcJoiningConnectionsPerAddress: 32,
  /** Calls in flight on one connection, and on one of a node without a certificate. */
  rpcCallsPerConnection: 1024,
  rpcJoiningCalls: 8,
  /** Megabytes that HTTP/2 may hold for one connection; beyond it new calls are refused. */
  rpcSessionMegabytes: 64,
  rpcJoiningSessionMegabytes: 8,
  /** Silence after which the caller's end of a connection is tested, and how long the answer may take, in milliseconds. */
  rpcKeepAliveMs: 2000,
  rpcKeepAliveAnswerMs: 1500,
  /** The same of the end that is called, which many others depend on. */
  rpcServerKeepAliveMs: 10_000,
  rpcServerKeepAliveAnswerMs: 5000,
  /** Bytes of an error as it goes over the network; a longer one loses its fields. */
  rpcErrorBytes: 4096,
  /** How long one manager may take to take a node in before the next address is tried, in milliseconds. */
  joinAttemptMs: 5000,
  /** How long a manager waits for a leader before it says to a node that joins that there is none, in milliseconds. */
  joinLeaderMs: 3000,
  /** How long whoever joins a node waits for its roles, in milliseconds; they go on afterwards. */
  joinWaitMs: 20_000,
  /** Addresses that a node may be given to join at. */
  joinRemotes: 64,
  /** First and longest wait before a node asks again for the certificate of another role, in milliseconds. */
  renewRetryMs: 200,
  renewRetryMsMax: 5000,
  /** How long a manager that ends waits for another to lead, in milliseconds. */
  leaderHandOverMs: 2000,
  /** How long a manager that was removed waits to learn what it is now, in milliseconds. */
  removedVerdictMs: 30_000,
  /** Bytes buffered for one RPC stream. */
  rpcStreamBytes: 2_097_152,
  /** Depth of nesting that a decoder follows. */
  decodeDepth: 32,
  /** Elements of one repeated field that a decoder accepts. */
  decodeElements: 100_000,
  /** Connections that the proxy carries at one time; beyond it a new one is reset. */
  proxyConnections: 50_000,
  /** How long the proxy waits for one endpoint to accept a connection, in milliseconds. */
  proxyDialMs: 2_000,
  /** Endpoints that the proxy tries for one connection. */
  proxyDialAttempts: 8,
  /** Endpoints that one pick looks at. */
  proxyPickScan: 64,
  /** Bytes that the proxy carries before it frees the buffers they came in. */
  proxyCollectBytes: 4_194_304,
  /** Bytes of one frame between daemon and proxy process. */
  proxyFrameBytes: 16_777_216,
  /** Requests of the daemon that wait for an answer of the proxy process. */
  proxyRequests: 256,
  /** Tasks for the end of whose connections a daemon waits at one time. */
  proxyDrains: 10_000,
  /** Bytes of the log of the proxy process before it begins a new one (one old one is kept). */
  proxyLogBytes: 262_144,
  /** Connections to the local engine for calls that it answers by itself. */
  engineCallConnections: 64,
  /** Connections for calls that wait on something else: stops and pulls. */
  engineWaitConnections: 256,
  /** Connections for event streams and pings, which must not queue behind work. */
  engineStreamConnections: 16,
  /** How long the engine may take to answer a ping or to begin an event stream. */
  enginePingMs: 5000,
  /** How long the engine may take to answer a question. */
  engineAnswerMs: 60_000,
  /** How long the engine may take to create, start or remove something; a stop may take its grace beyond it. */
  engineWorkMs: 180_000,
  /** How long a pull may show no progress. */
  enginePullSilenceMs: 300_000,
  /** First and longest pause between two words about the progress of a pull: each is a write for each task that waits. */
  pullProgressMs: 1000,
  pullProgressMsMax: 30_000,
  /** Layers whose bytes are counted for it. */
  pullProgressLayers: 256,
  /** Tasks whose containers are created and started at one time on a node: others wait for their turn. */
  launchTurns: 8,
  /** Containers that are removed at one time. */
  removalTurns: 16,
  /** How long a turn may take before the next one begins beside it: an engine that hangs over one container may do others. */
  engineTurnMs: 15_000,
  /** Bytes of one answer of the engine. */
  engineAnswerBytes: 67_108_864,
  /** Characters of one line of an event or pull stream. */
  engineLineLength: 1_048_576,
  /** How long an image that was seen on the engine is taken to be there. */
  engineImageSeenMs: 5000,
  /** Images remembered that way. */
  engineImagesSeen: 1024,
  /** Silence of the event stream after which the engine is pinged. */
  engineQuietMs: 10_000,
  /** How long a container that left a network has time to end, which is why most leave. */
  engineSettleMs: 1000,
  /** First and longest pause between attempts to reach an engine that is gone. */
  engineBackoffMs: 100,
  engineBackoffMsMax: 10_000,
  /** Containers inspected at once while listing. */
  engineInspectFanOut: 16,
  /** Events of the executor that wait for their reader; beyond it they become one `resync`. */
  executorQueueEvents: 4096,
  /** Connections for logs of containers that the cluster reads; beyond it a log is refused. */
  engineLogConnections: 512,
  /** How long the engine may take to begin giving a log. */
  engineLogMs: 10_000,
  /** How long it may be silent while it gives one that it does not follow. */
  engineLogSilenceMs: 60_000,
  /** Bytes of one piece of a log; engines cut lines at 16 KiB, their drivers at 1 MB at most. */
  engineLogPieceBytes: 524_288,
  /** Bytes of a log after which they are sent to the manager; as much again waits meanwhile. */
  logBatchBytes: 32_768,
  /** Bytes of logs that wait for one slow reader, before one batch more. */
  logQueueBytes: 262_144,
  /** Readers of logs on one manager. */
  logReaders: 128,
  /** Readers of other managers for which one manager brings the logs of its nodes. */
  logRelays: 256,
  /** Logs read at once for one of them: other tasks wait for their turn. */
  logReads: 256,
  /** What one of them is told at once about missing logs. */
  logNotices: 256,
  /** How long a node may be away before those who read its logs are told. */
  logNodeMs: 5000,
  /** How long a worker waits for room at the reader before it asks again. */
  logRoomMs: 10_000,
  /** First and longest pause before a log that broke off is followed further. */
  logRetryMs: 250,
  logRetryMsMax: 4000,
  /** Bytes of one answer that the command line reads. */
  clientAnswerBytes: 268_435_456,
  /** How long the command line waits for a silent daemon, in milliseconds. */
  clientAnswerMs: 60_000,
  /** Bytes of one line of logs that the command line puts together. */
  clientLogFrameBytes: 4_194_304,
  /** How long completion on the command line waits for names, in milliseconds. */
  clientCompletionMs: 300,
  /** Sets of the control loop that wait for their outcome; beyond it nothing is decided. */
  loopSetsInFlight: 256,
  /** How long one slice of decisions may take before others get a turn, in milliseconds. */
  loopSliceMs: 5,
  /** Fewest and most rows that the budget of one decision grants. */
  loopBudgetRowsMin: 256,
  loopBudgetRowsMax: 65_536,
  /** How often the control loop looks at every scope, changed or not, in milliseconds. */
  loopResyncMs: 60_000,
  /** First and longest pause before a scope whose set was refused is decided again, in milliseconds. */
  loopRetryMs: 20,
  loopRetryMsMax: 5000,
} as const;

invariant(limits.setBytes < limits.entryBytes, 'an entry must hold the largest ordinary set');
invariant(
  2 * limits.walSegmentBytes <= limits.diskFreeBytesMin,
  'the log goes on when users may change nothing more',
);
invariant(limits.diskFreeBytesMin < limits.diskFreeBytesAmple, 'what was full needs some air');
invariant(limits.blobSetBytes < limits.entryBytes, 'an entry must hold the largest set');
invariant(limits.serviceSpecBytes < limits.setBytes, 'a set must hold the largest spec');
invariant(
  limits.rpcBatchBytes + 2 * limits.serviceSpecBytes < limits.rpcMessageBytes,
  'a message must hold a batch and one row more, with spec and labels',
);
invariant(limits.entryOps < limits.watchQueueEvents, 'one entry must not leave a watcher behind');
invariant(limits.watchQueueEvents < limits.watchHistoryEvents, 'the history holds every queue');
invariant(limits.entryBytes <= limits.consensusCreditBytes, 'credit must cover one entry');
invariant(limits.joinLeaderMs < limits.joinAttemptMs, 'a node that joins hears why it cannot');
invariant(
  2 * limits.snapshotLogBytes <= limits.raftWaitingBytes,
  'a follower that starts takes entries while it replays its log',
);
invariant(limits.enginePingMs < limits.engineQuietMs, 'a ping must end before the next one is due');
invariant(
  limits.launchTurns + limits.removalTurns < limits.engineCallConnections,
  'questions to the engine must not queue behind work',
);
invariant(limits.engineTurnMs < limits.engineWorkMs, 'a turn must not outlast the call it is for');
invariant(
  limits.proposerAgeMs < limits.rpcUnaryMs,
  'an RPC must outlast the commit that it waits for',
);
invariant(
  limits.proposerAgeMs < limits.clientAnswerMs,
  'a client must outlast the commit it waits for',
);
invariant(
  limits.logBatchBytes + limits.engineLogPieceBytes < limits.rpcMessageBytes,
  'a message must hold a batch and one piece more',
);
invariant(2 * limits.setBytes < limits.rpcMessageBytes, 'a set must fit a message to the leader');
invariant(limits.logRoomMs < limits.rpcUnaryMs, 'a wait for room must end before its call does');
invariant(limits.deciderChunkOps < limits.setOps, 'a chunk of decisions must fit one set');
