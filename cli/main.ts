import { UnixApiClient } from './api-client.ts';
import {
  CliError,
  type CommandContext,
  exitCodes,
  type ProgressScreen,
} from './commands/context.ts';
import { Output } from './output.ts';
import { buildProgram } from './program.ts';
import { TerminalScreen } from './terminal-screen.ts';
import type { CommandBody } from './verbs.ts';

const stdout = new Output(() => process.stdout);
const stderr = new Output(() => process.stderr);

const print = (text: string): void => {
  stdout.print(text);
};

const complain = (text: string): void => {
  stderr.print(text);
};

/** Runs one command line and gives its exit code. Errors are printed here and nowhere else. */
async function main(argv: readonly string[]): Promise<number> {
  using interrupt = new Interrupt();
  const run = async (host: string, body: CommandBody): Promise<void> => {
    using api = new UnixApiClient(host);
    await body(contextOver(api), interrupt.signal);
  };
  try {
    return await buildProgram({ run, out: print, err: complain }).run(argv);
  } catch (error) {
    return report(error, interrupt.signal);
  }
}

function contextOver(api: UnixApiClient): CommandContext {
  return {
    api,
    clock: systemClock,
    out: print,
    err: complain,
    sinks: { out: stdout, err: stderr },
    openScreen,
    variable: (name) => process.env[name],
  };
}

function openScreen(): ProgressScreen | undefined {
  const isCapable = stderr.isTerminal && process.env['TERM'] !== 'dumb';
  return isCapable ? new TerminalScreen(stderr.stream) : undefined;
}

function report(error: unknown, signal: AbortSignal): number {
  if (error instanceof CliError) {
    if (error.message !== '') complain(`${error.message}\n`);
    return error.exitCode;
  }
  if (signal.aborted) {
    complain('interrupted: what was asked of the daemon already may go on\n');
    return exitCodes.interrupted;
  }
  complain(
    `shoal: internal error: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
  );
  return exitCodes.failed;
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

// A bundle cannot wait at its top level.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
