/** error = a person must look; warn = handled but unusual; info = state changes of the cluster; debug = the rest. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What varies goes here; never secrets, tokens or whole specs. `error` may hold an Error. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** Writes one line: `message` is constant text, `fields` all that varies. */
  at(level: LogLevel, message: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields` too. */
  with(fields: LogFields): Log;
}
