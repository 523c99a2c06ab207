import { UnixApiClient } from './api-client.ts';
import {
  type ByteSink,
  CliError,
  type CommandContext,
  exitCodes,
  type ProgressScreen,
} from './commands/context.ts';
import { buildProgram } from './program.ts';
import type { CommandBody } from './verbs.ts';

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
  return {
    api,
    clock: systemClock,
    out,
    err,
    sinks: { out: sinkOver(process.stdout), err: sinkOver(process.stderr) },
    openScreen: process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? openScreen : undefined,
    variable: (name) => process.env[name],
  };
}

function sinkOver(stream: NodeJS.WriteStream): ByteSink {
  return {
    isTerminal: stream.isTTY,
    write: (bytes) =>
      new Promise((resolve) => {
        if (stream.write(bytes)) resolve();
        else stream.once('drain', resolve);
      }),
  };
}

/** Loaded only where somebody looks on: it takes as long as all the rest of a verb. */
async function openScreen(): Promise<ProgressScreen> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stderr);
  return {
    columns: () => process.stderr.columns,
    draw: (lines) => {
      update(lines.join('\n'));
    },
    done: () => {
      update.done();
    },
  };
}

function report(error: unknown, signal: AbortSignal): number {
  if (error instanceof CliError) {
    if (error.message !== '') err(`${error.message}\n`);
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
process.stderr.on('error', () => process.exit(exitCodes.failed));

// A bundle cannot wait at its top level.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
