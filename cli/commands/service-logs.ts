import { limits } from '../../common/pure/limits.ts';
import { type LogFrame, LogFrames } from '../../common/pure/log-frames.ts';
import { parseRfc3339 } from '../../common/pure/rfc3339.ts';
import { encodeUtf8 } from '../../common/pure/utf8.ts';
import { detailsText, type LogLine, parseLogLine, sourceOf } from '../render/log-line.ts';
import { isTrueAt, type Json } from '../render/reading.ts';
import { printable, printableLog } from '../render/text.ts';
import { type ByteSink, CliError, type CommandContext, exitCodes, usageError } from './context.ts';
import { LogNames } from './log-names.ts';
import { apiPath, getService, isNotFound } from './resources.ts';
import { parseCount, parseDurationNanoseconds } from './spec/quantities.ts';

export interface ServiceLogsFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly tail?: string;
  readonly timestamps?: boolean;
  readonly details?: boolean;
  /** False for `--no-resolve`. */
  readonly resolve?: boolean;
  /** False for `--no-task-ids`. */
  readonly taskIds?: boolean;
  readonly trunc?: boolean;
  /** What the containers wrote, and nothing else. */
  readonly raw?: boolean;
  readonly json?: boolean;
}

export interface ServiceLogsArgs {
  /** A service, or else a task. */
  readonly target: string;
  readonly flags: ServiceLogsFlags;
}

/**
 * `service logs`: prints what the tasks of a service wrote, each line with its task and node in front, as Docker's
 * client does. Bytes go to pipes as they came; a terminal gets no control sequences but colours, unless `--raw`.
 */
export async function runServiceLogs(
  context: CommandContext,
  { target, flags }: ServiceLogsArgs,
  signal: AbortSignal,
): Promise<void> {
  const query = logsQuery(flags, context.clock.wallMs());
  try {
    const found = await findTarget(context, target, signal);
    if (found.hasTerminal && flags.raw !== true) {
      throw new CliError('logs of services with a terminal have no lines: use --raw');
    }
    const path = `${found.path}/logs`;
    const pieces = await context.api.stream({ method: 'GET', path, query }, signal);
    if (found.hasTerminal) await copy(pieces, context.sinks.out);
    else await printFrames(context, pieces, new LogPrinter(context, flags), signal);
  } catch (error) {
    if (signal.aborted) throw new CliError('', exitCodes.interrupted);
    if (error instanceof LogStreamError) throw new CliError(printable(error.message));
    throw error;
  }
}

function logsQuery(flags: ServiceLogsFlags, nowMs: number): Readonly<Record<string, string>> {
  return {
    stdout: '1',
    stderr: '1',
    // Without the details nobody knows which task a line is of.
    ...(flags.raw === true ? {} : { details: '1' }),
    ...(flags.follow === true ? { follow: '1' } : {}),
    ...(flags.timestamps === true || flags.json === true ? { timestamps: '1' } : {}),
    ...(flags.since === undefined ? {} : { since: sinceText(flags.since, nowMs) }),
    tail: tailText(flags.tail ?? 'all'),
  };
}

function tailText(text: string): string {
  return text === 'all' ? text : String(parseCount('--tail', text, Number.MAX_SAFE_INTEGER));
}

/** Seconds since the Unix epoch, with a fraction: what the API takes. */
function sinceText(text: string, nowMs: number): string {
  if (/^\d+(?:\.\d{1,9})?$/.test(text)) return text;
  const atMs = parseRfc3339(text);
  if (atMs !== undefined) return (atMs / 1000).toFixed(3);
  if (!/^[\d.]+[a-zµ]/.test(text)) {
    throw usageError(`--since "${text}" is no time; give one such as 2026-11-24T12:00:00Z or 42m`);
  }
  return ((nowMs - parseDurationNanoseconds('--since', text) / 1e6) / 1000).toFixed(3);
}

interface LogTarget {
  readonly path: string;
  readonly hasTerminal: boolean;
}

async function findTarget(
  context: CommandContext,
  target: string,
  signal: AbortSignal,
): Promise<LogTarget> {
  try {
    const service = await getService(context, target, signal);
    const hasTerminal = isTrueAt(service, 'Spec', 'TaskTemplate', 'ContainerSpec', 'TTY');
    return { path: apiPath('services', target), hasTerminal };
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const task = await findTask(context, target, signal);
  const hasTerminal = isTrueAt(task, 'Spec', 'ContainerSpec', 'TTY');
  return { path: apiPath('tasks', target), hasTerminal };
}

async function findTask(
  context: CommandContext,
  target: string,
  signal: AbortSignal,
): Promise<Json> {
  try {
    return await context.api.call({ method: 'GET', path: apiPath('tasks', target) }, signal);
  } catch (error) {
    if (isNotFound(error)) throw new CliError(`no such task or service: ${target}`);
    throw error;
  }
}

async function copy(pieces: AsyncIterable<Uint8Array>, sink: ByteSink): Promise<void> {
  for await (const piece of pieces) await sink.write(piece);
}

async function printFrames(
  context: CommandContext,
  pieces: AsyncIterable<Uint8Array>,
  printer: LogPrinter,
  signal: AbortSignal,
): Promise<void> {
  const frames = new LogFrames(limits.clientLogFrameBytes);
  for await (const piece of pieces) {
    const found = frames.push(piece);
    if (found === undefined) throw new LogStreamError('the daemon sent something else than logs');
    for (const frame of found) {
      if (frame.source === 'failure') throw new LogStreamError(failureText(frame));
      const sink = frame.source === 'stderr' ? context.sinks.err : context.sinks.out;
      await printer.print(frame, sink, signal);
    }
  }
  if (!frames.isWhole) throw new LogStreamError('the logs ended in the middle of a line');
}

function failureText({ bytes }: LogFrame): string {
  const text = new TextDecoder().decode(bytes).trim();
  return text === '' ? 'the daemon ended the logs with an error' : text;
}

/** The daemon broke off the logs and says why, or sent what is no log. */
class LogStreamError extends Error {}

class LogPrinter {
  readonly #context: CommandContext;
  readonly #flags: ServiceLogsFlags;
  readonly #names: LogNames;
  readonly #decoder = new TextDecoder();

  constructor(context: CommandContext, flags: ServiceLogsFlags) {
    this.#context = context;
    this.#flags = flags;
    this.#names = new LogNames(context, {
      isResolved: flags.resolve !== false,
      hasTaskIds: flags.taskIds !== false,
      isWhole: flags.trunc === false,
    });
  }

  async print(frame: LogFrame, sink: ByteSink, signal: AbortSignal): Promise<void> {
    if (this.#flags.raw === true) {
      await sink.write(frame.bytes);
      return;
    }
    const line = parseLogLine(frame.bytes, this.#hasTime());
    if (line === undefined)
      throw new LogStreamError('a line of the logs does not say where it is from');
    if (this.#flags.json === true) await this.#printJson(frame, line);
    else await this.#printText(line, sink, signal);
  }

  #hasTime(): boolean {
    return this.#flags.timestamps === true || this.#flags.json === true;
  }

  #printJson(frame: LogFrame, line: LogLine): Promise<void> {
    const { taskId, nodeId } = sourceOf(line);
    const object = {
      Time: line.time,
      TaskID: taskId,
      NodeID: nodeId,
      Stream: frame.source,
      Message: this.#decoder.decode(line.message).replace(/\r?\n$/, ''),
    };
    return this.#context.sinks.out.write(encodeUtf8(`${JSON.stringify(object)}\n`));
  }

  async #printText(line: LogLine, sink: ByteSink, signal: AbortSignal): Promise<void> {
    const time = line.time === '' ? '' : `${line.time} `;
    const details = this.#flags.details === true ? `${detailsText(line)} ` : '';
    const name = await this.#names.prefix(sourceOf(line), signal);
    const head = `${time}${name}    | ${details}`;
    if (sink.isTerminal) {
      const message = printableLog(this.#decoder.decode(line.message));
      await sink.write(encodeUtf8(printable(head) + message));
    } else {
      const headBytes = encodeUtf8(printable(head));
      const bytes = new Uint8Array(headBytes.length + line.message.length);
      bytes.set(headBytes);
      bytes.set(line.message, headBytes.length);
      await sink.write(bytes);
    }
  }
}
