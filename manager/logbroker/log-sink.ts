import type { NodeId } from '../../common/pure/ids.ts';
import type { LogVerdict, PublishLogsRequest } from '../../proto/gen/logs.ts';
import type { TaskRead } from './task-read.ts';

/** One that logs are read for. */
export interface LogSink {
  /** Takes a batch of lines, or says that the reader is too slow. An empty one waits for room. */
  publish(read: TaskRead, request: PublishLogsRequest, signal: AbortSignal): Promise<LogVerdict>;
  /** The node hears orders again. */
  nodeCame(nodeId: NodeId): void;
  /** The node hears none now. */
  nodeWent(nodeId: NodeId): void;
}
