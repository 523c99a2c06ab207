import type { Clock } from '../../common/ports/clock.ts';

/** One call of the API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Already escaped where it holds names: see `apiPath`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** The daemon's API, as the commands call it. */
export interface DaemonApi {
  /**
   * Asks the daemon and waits for the whole answer.
   * @returns the decoded JSON; `undefined` for an empty answer. Numbers too large for a `number` survive being sent back.
   * @throws DaemonError if the daemon refuses; CliError if it cannot be reached or does not answer in its language.
   */
  call(request: ApiRequest, signal: AbortSignal): Promise<unknown>;

  /**
   * Asks the daemon and gives its answer piece by piece. Whoever stops reading early ends the connection.
   * @returns once the answer has begun; how long it goes on has no limit.
   * @throws as `call` does, at any piece too.
   */
  stream(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Lines at the bottom of a terminal that are drawn over and over. */
export interface ProgressScreen {
  /** Characters that fit on a line now. */
  columns(): number;
  /** Shows `lines` in place of those drawn before. They are printable already. */
  draw(lines: readonly string[]): void;
  /** Leaves what was drawn where it is. */
  done(): void;
}

/** Where a stream of bytes goes. */
export interface ByteSink {
  readonly isTerminal: boolean;
  /** Resolves once the reader has room for more. */
  write(bytes: Uint8Array): Promise<void>;
}

/** What a command may touch. */
export interface CommandContext {
  readonly api: DaemonApi;
  readonly clock: Clock;
  /** Writes results, for people and pipes. Text carries its own line feeds. */
  readonly out: (text: string) => void;
  /** Writes progress and errors. */
  readonly err: (text: string) => void;
  /** Standard output and standard error for what is too much to be kept, such as logs. */
  readonly sinks: { readonly out: ByteSink; readonly err: ByteSink };
  /** Opens a screen for progress; gives `undefined` where nobody looks at a terminal. */
  readonly openScreen: () => ProgressScreen | undefined;
  /** The variable `name` of the shell that called, for `--env NAME`. */
  readonly variable: (name: string) => string | undefined;
}

/** What the process tells its caller. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The service runs as before the update. */
  rolledBack: 3,
  /** An update or a rollback stopped half-way: tasks of two specs are there. */
  stoppedHalfway: 4,
  interrupted: 130,
} as const;

/** A failure that ends the client: `message` is the whole text for people, `exitCode` one of `exitCodes`. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** The daemon answered, and refused. `detail` is its own text. */
export class DaemonError extends CliError {
  readonly status: number;
  readonly detail: string;

  constructor(status: number, detail: string) {
    super(`Error response from daemon: ${detail}`);
    this.name = 'DaemonError';
    this.status = status;
    this.detail = detail;
  }
}

/** A flag or argument that cannot be used: names it and says what to give instead. */
export function usageError(message: string): CliError {
  return new CliError(message, exitCodes.usage);
}
