import { Command, CommanderError, Option } from 'commander';

import { packageVersion } from '../common/platform/package-version.ts';
import { readCommand } from './command-facts.ts';
import { exitCodes } from './commands/context.ts';
import type { CommandFacts } from './render/command-facts.ts';
import { addServiceVerbs } from './service-verbs.ts';
import { addCompletionVerb, addNodeVerbs, addSwarmVerbs } from './swarm-verbs.ts';
import { type CommandBody, LazyCommands, type RunBody } from './verbs.ts';

/** What the program needs of its process. */
export interface ProgramPorts {
  /** Runs `body` against the daemon at `host`. */
  readonly run: (host: string, body: CommandBody) => Promise<void>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The command line: reads words, and runs the command that they name. */
export interface Program {
  /**
   * Runs the command that `argv` names.
   * @returns the exit code; wrong words were reported already.
   * @throws what the command throws.
   */
  run(argv: readonly string[]): Promise<number>;

  /** All commands and options, for completion and the reference page. */
  describe(): CommandFacts;
}

const defaultHost = 'unix:///var/run/shoal.sock';

/** What the exit codes mean, as help shows it. */
export const exitCodeHelp: string = `
Exit codes:
  0    done; a command that waits says so only when the service has converged to what was asked for
  1    the daemon refused, could not be reached, or the service cannot converge
  2    wrong command, option or argument: nothing was asked of the daemon
  3    the update failed and was rolled back: the service runs as before
  4    the update or the rollback stopped half-way: tasks of two specs are there
  130  interrupted: what was asked for goes on in the background

Run "shoal daemon --help" for the options of the node itself.
`;

/** Builds the tree of commands. Each loads its code only when it runs. */
export function buildProgram(ports: ProgramPorts): Program {
  const program = new Command('shoal');
  program
    .description('Runs services on the Docker Engines of many machines, managed as one.')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: ports.out, writeErr: ports.err })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError('(add --help for more)')
    .addOption(
      new Option('-H, --host <address>', 'socket of the daemon')
        .default(defaultHost)
        .env('SHOAL_HOST'),
    )
    .option('-v, --version', 'print the version')
    .addHelpText('after', exitCodeHelp)
    .on('option:version', () => {
      ports.out(`shoal ${packageVersion()}\n`);
      throw new CommanderError(0, 'commander.version', '');
    });
  const run: RunBody = (body) =>
    ports.run(program.opts<{ host: string }>().host || defaultHost, body);
  addSwarmVerbs(program, run);
  const lazy = new LazyCommands();
  addServiceVerbs(program, { run, lazy });
  addNodeVerbs(program, { run, lazy });
  addCompletionVerb(program, ports.out);
  const describe = (): CommandFacts => {
    lazy.fillAll();
    return readCommand(program);
  };
  return {
    run: async (argv) => {
      if (argv[0] === completeVerb) return complete(describe(), argv.slice(1), ports);
      // This verb of the library shows other commands without asking for their insides first.
      if (argv.includes('help')) lazy.fillAll();
      return runProgram(program, argv, ports);
    },
    describe,
  };
}

/** The verb that scripts of shells call; its words are those of another command line. */
const completeVerb = '__complete';

async function runProgram(
  program: Command,
  argv: readonly string[],
  ports: ProgramPorts,
): Promise<number> {
  if (argv.length === 0) {
    ports.out(program.helpInformation() + exitCodeHelp);
    return exitCodes.ok;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

async function complete(
  tree: CommandFacts,
  words: readonly string[],
  { out, run }: ProgramPorts,
): Promise<number> {
  const { runComplete } = await import('./commands/completion.ts');
  const host = process.env['SHOAL_HOST'] || defaultHost;
  await runComplete(tree, words, { out, run: (given, body) => run(given ?? host, body) });
  return exitCodes.ok;
}
