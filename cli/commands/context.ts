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
}

/** What a command may touch. */
export interface CommandContext {
  readonly api: DaemonApi;
  readonly clock: Clock;
  /** Writes results, for people and pipes. Text carries its own line feeds. */
  readonly out: (text: string) => void;
  /** Writes progress and errors. */
  readonly err: (text: string) => void;
  /** The variable `name` of the shell that called, for `--env NAME`. */
  readonly variable: (name: string) => string | undefined;
}

/** What the process tells its caller. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

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
