// Generated from proto/logs.proto by `npm run generate`: change that, not this.
import { type Draft, noBytes, noItems, own, Reader, Writer } from './wire.ts';

export const LogSource = {
  stdout: 0,
  stderr: 1,
} as const;
export type LogSource = (typeof LogSource)[keyof typeof LogSource];

/** Key of `logSource` in `LogSource`; the number itself when this version does not know it. */
export function logSourceName(logSource: number): string {
  switch (logSource) {
    case 0:
      return 'stdout';
    case 1:
      return 'stderr';
    default:
      return String(logSource);
  }
}

export const LogVerdict = {
  /** Send what comes next. */
  accepted: 0,
  /** Not taken, since the reader is slow: ask for room, then send it again. */
  later: 1,
  /** Nobody reads any more. */
  cancelled: 2,
} as const;
export type LogVerdict = (typeof LogVerdict)[keyof typeof LogVerdict];

/** Key of `logVerdict` in `LogVerdict`; the number itself when this version does not know it. */
export function logVerdictName(logVerdict: number): string {
  switch (logVerdict) {
    case 0:
      return 'accepted';
    case 1:
      return 'later';
    case 2:
      return 'cancelled';
    default:
      return String(logVerdict);
  }
}

export interface ListenLogsRequest {
  readonly sessionId: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ListenLogsRequest of `fields`, with defaults for the rest. */
export function newListenLogsRequest(fields: Partial<ListenLogsRequest> = {}): ListenLogsRequest {
  const value: ListenLogsRequest = {
    sessionId: fields.sessionId ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeListenLogsRequest(value: ListenLogsRequest): Uint8Array {
  const writer = new Writer();
  writeListenLogsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeListenLogsRequest(bytes: Uint8Array): ListenLogsRequest {
  return readListenLogsRequest(new Reader(bytes, 'ListenLogsRequest'));
}

export function writeListenLogsRequest(writer: Writer, value: ListenLogsRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const listenLogsRequestFields: readonly number[] = [1];

export function readListenLogsRequest(reader: Reader): ListenLogsRequest {
  const value: Draft<ListenLogsRequest> = {
    sessionId: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      default:
        unknown = reader.skip(tag, listenLogsRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type LogOrderOrder =
  | { readonly kind: 'start'; readonly value: LogRead }
  | { readonly kind: 'stop'; readonly value: LogStop };

export interface LogOrder {
  readonly readId: string;
  readonly order: LogOrderOrder | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A LogOrder of `fields`, with defaults for the rest. */
export function newLogOrder(fields: Partial<LogOrder> = {}): LogOrder {
  const value: LogOrder = {
    readId: fields.readId ?? '',
    order: fields.order,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeLogOrder(value: LogOrder): Uint8Array {
  const writer = new Writer();
  writeLogOrder(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeLogOrder(bytes: Uint8Array): LogOrder {
  return readLogOrder(new Reader(bytes, 'LogOrder'));
}

export function writeLogOrder(writer: Writer, value: LogOrder): void {
  if (value.readId !== '') writer.string(10, value.readId);
  switch (value.order?.kind) {
    case 'start': {
      const mark = writer.begin(18);
      writeLogRead(writer, value.order.value);
      writer.finish(mark);
      break;
    }
    case 'stop': {
      const mark = writer.begin(26);
      writeLogStop(writer, value.order.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const logOrderFields: readonly number[] = [1, 2, 3];

export function readLogOrder(reader: Reader): LogOrder {
  const value: Draft<LogOrder> = {
    readId: '',
    order: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.readId = reader.string('readId');
        break;
      case 18: {
        const outerEnd = reader.enter('start');
        value.order = { kind: 'start', value: readLogRead(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('stop');
        value.order = { kind: 'stop', value: readLogStop(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, logOrderFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** One task's log, to be read. */
export interface LogRead {
  readonly taskId: string;
  /** The container has a terminal: its engine gives its output as one stream. */
  readonly tty: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Go on until the container is over. */
  readonly follow: boolean;
  /** Unix time from which on lines count, as `seconds.nanoseconds`; empty = all. */
  readonly since: string;
  /** Lines from the end; -1 = all. */
  readonly tail: number;
  /** Only lines after this time (RFC 3339): those up to it were taken already. Empty = none were. */
  readonly after: string;
  /** Number that the next batch has. */
  readonly sequence: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A LogRead of `fields`, with defaults for the rest. */
export function newLogRead(fields: Partial<LogRead> = {}): LogRead {
  const value: LogRead = {
    taskId: fields.taskId ?? '',
    tty: fields.tty ?? false,
    stdout: fields.stdout ?? false,
    stderr: fields.stderr ?? false,
    follow: fields.follow ?? false,
    since: fields.since ?? '',
    tail: fields.tail ?? 0,
    after: fields.after ?? '',
    sequence: fields.sequence ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeLogRead(value: LogRead): Uint8Array {
  const writer = new Writer();
  writeLogRead(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeLogRead(bytes: Uint8Array): LogRead {
  return readLogRead(new Reader(bytes, 'LogRead'));
}

export function writeLogRead(writer: Writer, value: LogRead): void {
  if (value.taskId !== '') writer.string(10, value.taskId);
  if (value.tty) writer.bool(16, value.tty);
  if (value.stdout) writer.bool(24, value.stdout);
  if (value.stderr) writer.bool(32, value.stderr);
  if (value.follow) writer.bool(40, value.follow);
  if (value.since !== '') writer.string(50, value.since);
  if (value.tail !== 0) writer.int64(56, value.tail, 'LogRead.tail');
  if (value.after !== '') writer.string(66, value.after);
  if (value.sequence !== 0) writer.uint64(72, value.sequence, 'LogRead.sequence');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const logReadFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function readLogRead(reader: Reader): LogRead {
  const value: Draft<LogRead> = {
    taskId: '',
    tty: false,
    stdout: false,
    stderr: false,
    follow: false,
    since: '',
    tail: 0,
    after: '',
    sequence: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.taskId = reader.string('taskId');
        break;
      case 16:
        value.tty = reader.bool('tty');
        break;
      case 24:
        value.stdout = reader.bool('stdout');
        break;
      case 32:
        value.stderr = reader.bool('stderr');
        break;
      case 40:
        value.follow = reader.bool('follow');
        break;
      case 50:
        value.since = reader.string('since');
        break;
      case 56:
        value.tail = reader.int64('tail');
        break;
      case 66:
        value.after = reader.string('after');
        break;
      case 72:
        value.sequence = reader.uint64('sequence');
        break;
      default:
        unknown = reader.skip(tag, logReadFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface LogStop {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A LogStop of `fields`, with defaults for the rest. */
export function newLogStop(fields: Partial<LogStop> = {}): LogStop {
  const value: LogStop = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeLogStop(value: LogStop): Uint8Array {
  const writer = new Writer();
  writeLogStop(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeLogStop(bytes: Uint8Array): LogStop {
  return readLogStop(new Reader(bytes, 'LogStop'));
}

export function writeLogStop(writer: Writer, value: LogStop): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const logStopFields: readonly number[] = [];

export function readLogStop(reader: Reader): LogStop {
  const value: Draft<LogStop> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, logStopFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PublishLogsRequest {
  readonly sessionId: string;
  readonly readId: string;
  /** 1, 2, ...: a batch that comes again counts once. */
  readonly sequence: number;
  /** None, and no end: asks for room, is answered when there is some, and has no number of its own. */
  readonly lines: readonly LogLine[];
  /** Nothing more comes. `error` says what is missing, or is empty. */
  readonly end: boolean;
  readonly error: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PublishLogsRequest of `fields`, with defaults for the rest. */
export function newPublishLogsRequest(fields: Partial<PublishLogsRequest> = {}): PublishLogsRequest {
  const value: PublishLogsRequest = {
    sessionId: fields.sessionId ?? '',
    readId: fields.readId ?? '',
    sequence: fields.sequence ?? 0,
    lines: fields.lines ?? noItems,
    end: fields.end ?? false,
    error: fields.error ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePublishLogsRequest(value: PublishLogsRequest): Uint8Array {
  const writer = new Writer();
  writePublishLogsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePublishLogsRequest(bytes: Uint8Array): PublishLogsRequest {
  return readPublishLogsRequest(new Reader(bytes, 'PublishLogsRequest'));
}

export function writePublishLogsRequest(writer: Writer, value: PublishLogsRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.readId !== '') writer.string(18, value.readId);
  if (value.sequence !== 0) writer.uint64(24, value.sequence, 'PublishLogsRequest.sequence');
  for (const item of value.lines) {
    const mark = writer.begin(34);
    writeLogLine(writer, item);
    writer.finish(mark);
  }
  if (value.end) writer.bool(40, value.end);
  if (value.error !== '') writer.string(50, value.error);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const publishLogsRequestFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readPublishLogsRequest(reader: Reader): PublishLogsRequest {
  const value: Draft<PublishLogsRequest> = {
    sessionId: '',
    readId: '',
    sequence: 0,
    lines: noItems,
    end: false,
    error: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      case 18:
        value.readId = reader.string('readId');
        break;
      case 24:
        value.sequence = reader.uint64('sequence');
        break;
      case 34: {
        const outerEnd = reader.enter('lines');
        value.lines = own(value.lines);
        value.lines.push(readLogLine(reader));
        reader.count(value.lines.length, 'lines');
        reader.leave(outerEnd);
        break;
      }
      case 40:
        value.end = reader.bool('end');
        break;
      case 50:
        value.error = reader.string('error');
        break;
      default:
        unknown = reader.skip(tag, publishLogsRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface LogLine {
  readonly source: LogSource;
  /** RFC 3339 with nine decimals, as the engine wrote it. */
  readonly timestamp: string;
  /** `name=value,name=value`, URL-escaped, as the engine wrote it. */
  readonly details: string;
  /** With its end of line; a very long line comes in pieces. */
  readonly text: Uint8Array;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A LogLine of `fields`, with defaults for the rest. */
export function newLogLine(fields: Partial<LogLine> = {}): LogLine {
  const value: LogLine = {
    source: fields.source ?? LogSource.stdout,
    timestamp: fields.timestamp ?? '',
    details: fields.details ?? '',
    text: fields.text ?? noBytes,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeLogLine(value: LogLine): Uint8Array {
  const writer = new Writer();
  writeLogLine(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeLogLine(bytes: Uint8Array): LogLine {
  return readLogLine(new Reader(bytes, 'LogLine'));
}

export function writeLogLine(writer: Writer, value: LogLine): void {
  if (value.source !== LogSource.stdout) writer.int32(8, value.source, 'LogLine.source');
  if (value.timestamp !== '') writer.string(18, value.timestamp);
  if (value.details !== '') writer.string(26, value.details);
  if (value.text.length > 0) writer.bytes(34, value.text);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const logLineFields: readonly number[] = [1, 2, 3, 4];

export function readLogLine(reader: Reader): LogLine {
  const value: Draft<LogLine> = {
    source: LogSource.stdout,
    timestamp: '',
    details: '',
    text: noBytes,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.source = reader.int32('source') as LogSource;
        break;
      case 18:
        value.timestamp = reader.string('timestamp');
        break;
      case 26:
        value.details = reader.string('details');
        break;
      case 34:
        value.text = reader.bytes('text');
        break;
      default:
        unknown = reader.skip(tag, logLineFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PublishLogsResponse {
  readonly verdict: LogVerdict;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PublishLogsResponse of `fields`, with defaults for the rest. */
export function newPublishLogsResponse(fields: Partial<PublishLogsResponse> = {}): PublishLogsResponse {
  const value: PublishLogsResponse = {
    verdict: fields.verdict ?? LogVerdict.accepted,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePublishLogsResponse(value: PublishLogsResponse): Uint8Array {
  const writer = new Writer();
  writePublishLogsResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePublishLogsResponse(bytes: Uint8Array): PublishLogsResponse {
  return readPublishLogsResponse(new Reader(bytes, 'PublishLogsResponse'));
}

export function writePublishLogsResponse(writer: Writer, value: PublishLogsResponse): void {
  if (value.verdict !== LogVerdict.accepted) writer.int32(8, value.verdict, 'PublishLogsResponse.verdict');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const publishLogsResponseFields: readonly number[] = [1];

export function readPublishLogsResponse(reader: Reader): PublishLogsResponse {
  const value: Draft<PublishLogsResponse> = {
    verdict: LogVerdict.accepted,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.verdict = reader.int32('verdict') as LogVerdict;
        break;
      default:
        unknown = reader.skip(tag, publishLogsResponseFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
