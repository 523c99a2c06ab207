import { UnixApiClient } from './api-client.ts';
import { CliError, type CommandContext, exitCodes } from './commands/context.ts';
import { buildProgram, type CommandBody } from './program.ts';

/** Runs one command line and gives its exit code. Errors are printed here and nowhere else. */
async function main(argv: readonly string[]): Promise<number> {
  using interrupt = new Interrupt();
  const run = async (host: string, body: CommandBody): Promise<void> => {
    using api = new UnixApiClient(host);
    await body(contextOver(api), interrupt.signal);
  };
  try {
    return await buildProgram({ run, out, err }).run(argv);
  } catch (error) {
    return report(error, interrupt.signal);
  }
}

function contextOver(api: UnixApiClient): CommandContext {
  return { api, clock: systemClock, out, err, variable: (name) => process.env[name] };
}

function report(error: unknown, signal: AbortSignal): number {
  if (error instanceof CliError) {
    err(`${error.message}\n`);
    return error.exitCode;
  }
  if (signal.aborted) {
    err('interrupted: what was asked of the daemon already may go on\n');
    return exitCodes.interrupted;
  }
  err(`shoal: internal error: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
  return exitCodes.failed;
}

function out(text: string): void {
  if (text !== '') process.stdout.write(text);
}

function err(text: string): void {
  if (text !== '') process.stderr.write(text);
}

/** Ctrl-C asks the command to end; a second one ends the process at once. */
class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #onSignal = (): void => {
    if (this.#controller.signal.aborted) process.exit(exitCodes.interrupted);
    this.#controller.abort(new Error('interrupted'));
  };

  constructor() {
    process.on('SIGINT', this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSignal);
  }
}

const systemClock: CommandContext['clock'] = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, durationMs);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    }),
};

// The reader of a pipe may go away early, as `head` does: there is nobody left to tell.
process.stdout.on('error', () => process.exit(exitCodes.failed));

process.exitCode = await main(process.argv.slice(2));
