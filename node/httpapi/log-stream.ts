import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { concatBytes } from '../../common/pure/bytes.ts';
import { limits } from '../../common/pure/limits.ts';
import { formatRfc3339, parseRfc3339 } from '../../common/pure/rfc3339.ts';
import type {
  LogLineMessage,
  LogMessage,
  LogOptions,
  LogSelector,
  RequestContext,
} from '../../common/ports/cluster-api.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import type { Call } from './call.ts';
import { errorReply, incompleteLogs } from './errors.ts';
import type { Response } from './http.ts';
import type { ApiParts } from './parts.ts';
import { flagParameter } from './query.ts';
import { encodeText, streamReply } from './reply.ts';

/** Clients of lower versions know one media type for logs, and tell frames from bare lines by the spec. */
const multiplexedSinceMinor = 42;

/** Which output a frame carries; `system` is an error of the daemon, at which clients stop. */
const frameSources = { stdout: 1, stderr: 2, system: 3 } as const;
const frameHeaderBytes = 8;

/** How each line is written. */
interface LineForm {
  readonly timestamps: boolean;
  readonly details: boolean;
  /** The containers have terminals: lines are written bare. */
  readonly tty: boolean;
}

/** What finds the object whose logs are asked for: its id, and whether its containers have terminals. */
type Find = (context: RequestContext) => Promise<{ readonly id: string; readonly tty: boolean }>;

/** Answers `/services/{id}/logs` and `/tasks/{id}/logs`: for as long as there is something to tell, or the client listens. */
export async function logReply(
  parts: ApiParts,
  call: Call,
  kind: LogSelector['kind'],
  find: Find,
): Promise<Response> {
  const { clock, control } = parts;
  const { context, minor, request } = call;
  const streams = streamParameters(request.query);
  const deadline = { clock, durationMs: limits.apiRequestMs, signal: context.signal };
  const { id, tty } = await withDeadline(deadline, (signal) => find({ ...context, signal }));
  const options = { ...streams, ...rangeParameters(request.query) };
  const form = {
    timestamps: flagParameter(request.query, 'timestamps'),
    details: flagParameter(request.query, 'details'),
    tty,
  };
  const messages = control.cluster().logs(context, { kind, ref: id }, options);
  const isFramed = minor >= multiplexedSinceMinor && !tty;
  const name = isFramed ? 'multiplexed-stream' : 'raw-stream';
  return streamReply(
    new LogWriter(parts, options, form).write(messages),
    `application/vnd.docker.${name}`,
  );
}

function streamParameters(query: URLSearchParams): Pick<LogOptions, 'stdout' | 'stderr'> {
  const [stdout, stderr] = [flagParameter(query, 'stdout'), flagParameter(query, 'stderr')];
  if (stdout || stderr) return { stdout, stderr };
  throw new ShoalError('invalidArgument', "must specify at least one of 'stdout' or 'stderr'");
}

function rangeParameters(query: URLSearchParams): Pick<LogOptions, 'follow' | 'since' | 'tail'> {
  return {
    follow: flagParameter(query, 'follow'),
    since: sinceParameter(query.get('since') ?? ''),
    tail: tailParameter(query.get('tail') ?? ''),
  };
}

function tailParameter(text: string): number | undefined {
  if (text === '' || text === 'all') return undefined;
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw new ShoalError('invalidArgument', 'tail value must be a positive integer or "all"', {
      fields: { field: 'tail' },
    });
  }
  if (Number(text) < 0)
    throw new ShoalError('invalidArgument', 'negative tail values not supported');
  return Number(text);
}

/** `seconds.nanoseconds`, from the same with fewer decimals or from RFC 3339. */
function sinceParameter(text: string): string {
  if (text === '' || text === '0') return '';
  const match = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (match !== null) return `${match[1]}.${(match[2] ?? '').padEnd(9, '0')}`;
  const ms = parseRfc3339(text);
  if (ms !== undefined && ms >= 0) return (ms / 1000).toFixed(9);
  throw new ShoalError(
    'invalidArgument',
    `since: ${JSON.stringify(text.slice(0, 64))} is not a time: expected seconds or RFC 3339`,
  );
}

const noBytes = new Uint8Array(0);

/** Writes messages as Docker does, those that come together together; what is missing comes last, or, when there is no last, as a line of its own. */
class LogWriter {
  readonly #parts: ApiParts;
  readonly #options: LogOptions;
  readonly #form: LineForm;
  readonly #missing: string[] = [];
  #origin: { readonly line: LogLineMessage; readonly details: string } | undefined;

  constructor(parts: ApiParts, options: LogOptions, form: LineForm) {
    this.#parts = parts;
    this.#options = options;
    this.#form = form;
  }

  async *write(pieces: AsyncIterable<readonly LogMessage[]>): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const messages of pieces) {
        const bytes = concatBytes(messages.flatMap((message) => this.#message(message)));
        if (bytes.length > 0) yield bytes;
      }
      if (this.#missing.length > 0) yield concatBytes(this.#failure(incompleteLogs(this.#missing)));
    } catch (error) {
      if (!isShoalError(error)) throw error;
      yield concatBytes(this.#failure(error));
    }
  }

  #message(message: LogMessage): readonly Uint8Array[] {
    if (message.kind === 'line') return this.#line(message);
    if (this.#options.follow) return this.#notice(message);
    if (this.#missing.length < limits.logNotices) this.#missing.push(missingText(message));
    return [];
  }

  #line(line: LogLineMessage): readonly Uint8Array[] {
    const time = this.#form.timestamps ? `${line.timestamp} ` : '';
    const details = this.#form.details ? `${this.#details(line)} ` : '';
    return this.#frame(line.source, encodeText(time + details), line.text);
  }

  /** Lines of one task come together: what is the same for them is made once. */
  #details(line: LogLineMessage): string {
    const known = this.#origin;
    if (known?.line.taskId === line.taskId && known.line.details === line.details)
      return known.details;
    const details = detailsText(line);
    this.#origin = { line, details };
    return details;
  }

  #notice(message: Exclude<LogMessage, LogLineMessage>): readonly Uint8Array[] {
    if (!this.#options.stderr) return [];
    const seconds = formatRfc3339(Math.floor(this.#parts.clock.wallMs() / 1000) * 1000);
    return this.#line({
      ...message,
      kind: 'line',
      source: 'stderr',
      timestamp: seconds.replace('Z', '.000000000Z'),
      details: '',
      text: encodeText(`warning: some logs are missing: ${missingText(message)}\n`),
    });
  }

  #failure(error: ShoalError): readonly Uint8Array[] {
    const { message } = errorReply(error, this.#parts.control.facts());
    return this.#frame('system', noBytes, encodeText(`Error grabbing logs: ${message}\n`));
  }

  #frame(
    source: keyof typeof frameSources,
    prefix: Uint8Array,
    text: Uint8Array,
  ): readonly Uint8Array[] {
    if (this.#form.tty) return [prefix, text];
    const header = new Uint8Array(frameHeaderBytes);
    const view = new DataView(header.buffer);
    view.setUint8(0, frameSources[source]);
    view.setUint32(4, prefix.length + text.length);
    return [header, prefix, text];
  }
}

function missingText(message: Exclude<LogMessage, LogLineMessage>): string {
  if (message.kind === 'nodeMissing') return `node ${message.nodeId} is not available`;
  return `task ${message.taskId}: ${message.reason}`;
}

/** In the order of their names; those of the cluster are the cluster's to say. */
function detailsText({ details, nodeId, serviceId, taskId }: LogLineMessage): string {
  const own = new Map([
    ['com.docker.swarm.node.id', nodeId],
    ['com.docker.swarm.service.id', serviceId],
    ['com.docker.swarm.task.id', taskId],
  ]);
  const given = details.split(',').map((pair): [string, string] => {
    const [name = '', value = ''] = pair.split('=');
    return [name, value];
  });
  const all = [...given.filter(([name]) => name !== '' && !own.has(name)), ...own];
  return all
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}
