import type { Clock } from '../../common/ports/clock.ts';
import type {
  ContainerLogLine,
  ContainerLogsOptions,
  EngineApi,
} from '../../common/ports/engine-api.ts';
import type { Log } from '../../common/ports/log.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { parseRfc3339 } from '../../common/pure/rfc3339.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { LogSource, newLogLine } from '../../proto/gen/logs.ts';
import type { LogLine, LogRead } from '../../proto/gen/logs.ts';

/** The container of a task, as far as its log is concerned. */
export interface TaskContainer {
  readonly containerId: string;
  readonly state: 'created' | 'running' | 'exited';
}

export interface TaskLogParts {
  readonly engine: Pick<EngineApi, 'containerLogs'>;
  /** The container of this node's task; undefined when there is none. */
  readonly inspect: (taskId: string, signal: AbortSignal) => Promise<TaskContainer | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What the task's container wrote, as it was asked for. A log that is followed goes on after the engine was away, and until the container is
 * over; a task without a container has none.
 *
 * @throws ShoalError with the engine's words when the log cannot be read
 */
export async function* taskLog(
  parts: TaskLogParts,
  read: LogRead,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void> {
  let { after } = read;
  let waitMs: number = limits.logRetryMs;
  while (!signal.aborted) {
    let isLast = !read.follow;
    try {
      const container = await findContainer(parts, read.taskId, signal);
      if (container === undefined) return;
      // What was over before it was read has nothing more to say.
      isLast ||= container.state === 'exited';
      for await (const lines of linesAfter(parts, read, container.containerId, after, signal)) {
        after = lines.at(-1)?.timestamp ?? after;
        waitMs = limits.logRetryMs;
        yield lines;
      }
    } catch (error) {
      if (isShoalError(error, 'notFound')) return;
      if (!read.follow || !isShoalError(error, 'engineUnavailable')) throw error;
      parts.log.at('debug', 'the log of a task broke off', { taskId: read.taskId, error });
      isLast = false;
      waitMs = Math.min(waitMs * 2, limits.logRetryMsMax);
    }
    if (isLast) return;
    await parts.clock.sleep(waitMs, signal);
  }
}

async function findContainer(
  { clock, inspect }: TaskLogParts,
  taskId: string,
  signal: AbortSignal,
): Promise<TaskContainer | undefined> {
  const deadline = { clock, durationMs: limits.engineLogMs, signal };
  try {
    return await withDeadline(deadline, (inner) => inspect(taskId, inner));
  } catch (error) {
    if (!isShoalError(error, 'timeout')) throw error;
    throw new ShoalError('engineUnavailable', 'the engine does not answer', { cause: error });
  }
}

async function* linesAfter(
  { engine }: TaskLogParts,
  read: LogRead,
  containerId: string,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void> {
  const options = optionsFor(read, after);
  for await (const lines of await engine.containerLogs(containerId, options, signal)) {
    const fresh = after === '' ? lines : lines.filter(({ timestamp }) => timestamp > after);
    if (fresh.length > 0) yield fresh.map(asLogLine);
  }
}

function optionsFor(read: LogRead, after: string): ContainerLogsOptions {
  const { stdout, stderr, follow, since, tail, tty } = read;
  const common = { stdout, stderr, follow, tty };
  if (after !== '') return { ...common, since: unixTime(after), tail: undefined };
  return { ...common, since, tail: tail < 0 ? undefined : tail };
}

/** An RFC 3339 time as the engine takes it, to the nanosecond. */
function unixTime(timestamp: string): string {
  const seconds = Math.floor((parseRfc3339(timestamp) ?? 0) / 1000);
  const [, fraction = ''] = /\.(\d+)/.exec(timestamp) ?? [];
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}

function asLogLine({ source, timestamp, details, text }: ContainerLogLine): LogLine {
  return newLogLine({
    source: source === 'stderr' ? LogSource.stderr : LogSource.stdout,
    timestamp,
    details,
    text,
  });
}
