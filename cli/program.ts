import { Command, CommanderError, Option } from 'commander';

import { type CommandContext, exitCodes, usageError } from './commands/context.ts';
import type { InitFlags } from './commands/init.ts';
import type { ServiceCreateFlags } from './commands/service-create.ts';
import type { ListFlags } from './commands/service-ls.ts';
import type { ServicePsFlags } from './commands/service-ps.ts';
import { packageVersion } from '../common/platform/package-version.ts';

/** What a command does once its words are read. */
export type CommandBody = (context: CommandContext, signal: AbortSignal) => Promise<void>;

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
}

const defaultHost = 'unix:///var/run/shoal.sock';

const exitCodeHelp = `
Exit codes:
  0    done; a command that waits says so only when the service has converged
  1    the daemon refused, could not be reached, or the service cannot converge
  2    wrong command, option or argument: nothing was asked of the daemon
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
  const run = (body: CommandBody): Promise<void> =>
    ports.run(program.opts<{ host: string }>().host || defaultHost, body);
  addSwarmCommands(program, run);
  addServiceCommands(program, run);
  addNodeCommands(program, run);
  return { run: (argv) => runProgram(program, argv, ports) };
}

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

type Run = (body: CommandBody) => Promise<void>;

function addSwarmCommands(program: Command, run: Run): void {
  program
    .command('daemon')
    .description('run this machine as a node')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw usageError('"daemon" must be the first word: shoal daemon --help');
    });
  program
    .command('init')
    .description('start a swarm with this node as its first manager')
    .option('--advertise-addr <address>', 'address (with optional port) that other nodes use')
    .option('--listen-addr <address>', 'address that the manager listens on', '0.0.0.0:2377')
    .option('--default-addr-pool <cidr>', 'addresses for networks (repeatable)', collect)
    .option('--task-history-limit <count>', 'ended tasks to keep of each slot (default 5)')
    .option('--availability <state>', 'active, pause or drain', 'active')
    .action(async (flags: InitFlags) => {
      const { runInit } = await import('./commands/init.ts');
      await run((context, signal) => runInit(context, flags, signal));
    });
  program
    .command('leave')
    .description('take this node out of its swarm')
    .option('-f, --force', 'leave even as a manager: the last one takes the swarm with it')
    .action(async (flags: { force?: boolean }) => {
      const { runLeave } = await import('./commands/leave.ts');
      await run((context, signal) => runLeave(context, flags, signal));
    });
  program
    .command('status')
    .description('show this node, its swarm, the services and what is wrong')
    .action(async () => {
      const { runStatus } = await import('./commands/status.ts');
      await run(runStatus);
    });
}

function addServiceCommands(program: Command, run: Run): void {
  const service = program.command('service').description('manage services');
  addServiceCreate(service, run);
  service
    .command('ls')
    .alias('list')
    .description('list services')
    .option('-f, --filter <key=value>', 'only those that match (repeatable)', collect)
    .option('-q, --quiet', 'print ids only')
    .action(async (flags: ListFlags) => {
      const { runServiceLs } = await import('./commands/service-ls.ts');
      await run((context, signal) => runServiceLs(context, flags, signal));
    });
  service
    .command('ps')
    .description('list the tasks of services')
    .argument('<service...>', 'names or ids')
    .option('-f, --filter <key=value>', 'only those that match (repeatable)', collect)
    .option('-q, --quiet', 'print ids only')
    .option('--no-trunc', 'print ids, images and errors whole')
    .action(async (services: string[], flags: ServicePsFlags) => {
      const { runServicePs } = await import('./commands/service-ps.ts');
      await run((context, signal) => runServicePs(context, { services, flags }, signal));
    });
  service
    .command('scale')
    .description('set how many tasks services have')
    .argument('<service=replicas...>', 'such as web=6')
    .option('-d, --detach', 'do not wait until the services have converged')
    .action(async (targets: string[], flags: { detach?: boolean }) => {
      const { runServiceScale } = await import('./commands/service-scale.ts');
      await run((context, signal) => runServiceScale(context, { targets, flags }, signal));
    });
  service
    .command('rm')
    .alias('remove')
    .description('remove services')
    .argument('<service...>', 'names or ids')
    .action(async (services: string[]) => {
      const { runServiceRm } = await import('./commands/service-rm.ts');
      await run((context, signal) => runServiceRm(context, services, signal));
    });
}

function addServiceCreate(service: Command, run: Run): void {
  const create = service
    .command('create')
    .description('create a service and wait until its tasks run')
    .passThroughOptions()
    .argument('<image>', 'image of the containers, such as nginx:1.27')
    .argument('[command...]', 'arguments for the entry point of the image');
  addServiceOptions(create);
  addContainerOptions(create);
  addPolicyOptions(create);
  create.action(async (image: string, args: string[], flags: ServiceCreateFlags) => {
    const { runServiceCreate } = await import('./commands/service-create.ts');
    await run((context, signal) => runServiceCreate(context, { image, args, flags }, signal));
  });
}

function addServiceOptions(create: Command): void {
  create
    .option('--name <name>', 'name of the service (default: made up)')
    .option('--replicas <count>', 'tasks to run (default 1)')
    .option(
      '-p, --publish <port>',
      '8080:80[/udp] or published=8080,target=80,… (repeatable)',
      collect,
    )
    .option('-l, --label <key=value>', 'label of the service (repeatable)', collect)
    .option('--constraint <expression>', 'such as node.labels.disk==ssd (repeatable)', collect)
    .option('-d, --detach', 'do not wait until the service has converged')
    .option('-q, --quiet', 'wait without printing progress');
}

function addContainerOptions(create: Command): void {
  create
    .option('-e, --env <name=value>', 'environment variable (repeatable)', collect)
    .option('--container-label <key=value>', 'label of the containers (repeatable)', collect)
    .option('--entrypoint <command>', 'instead of the entry point of the image')
    .option('-w, --workdir <path>', 'working directory')
    .option('-u, --user <name>', 'user (and group) that the container runs as')
    .option('--hostname <name>', 'host name of the containers')
    .option(
      '--mount <mount>',
      'type=bind|volume|tmpfs,source=…,target=…[,readonly] (repeatable)',
      collect,
    )
    .option('-t, --tty', 'allocate a terminal')
    .option('--init', 'run an init process that reaps children')
    .option('--read-only', "mount the container's root file system read-only")
    .option('--stop-grace-period <duration>', 'time to stop before it is killed (default 10s)')
    .option('--stop-signal <signal>', 'signal that stops the container');
}

function addPolicyOptions(create: Command): void {
  create
    .option('--health-cmd <command>', 'command that tells whether the container is healthy')
    .option('--health-interval <duration>', 'time between checks')
    .option('--health-timeout <duration>', 'time that one check may take')
    .option('--health-retries <count>', 'failed checks in a row that make it unhealthy')
    .option('--health-start-period <duration>', 'time in which failed checks do not count')
    .option('--health-start-interval <duration>', 'time between checks in the start period')
    .option('--no-healthcheck', 'ignore the health check of the image')
    .option('--restart-condition <condition>', 'none, on-failure or any (default any)')
    .option('--restart-delay <duration>', 'time before a restart (default 5s)')
    .option('--restart-max-attempts <count>', 'restarts before giving up')
    .option('--restart-window <duration>', 'time over which restarts are counted')
    .option('--limit-cpu <processors>', 'such as 0.5')
    .option('--limit-memory <bytes>', 'such as 64m');
}

function addNodeCommands(program: Command, run: Run): void {
  const node = program.command('node').description('manage nodes');
  node
    .command('ls')
    .alias('list')
    .description('list nodes')
    .option('-q, --quiet', 'print ids only')
    .action(async (flags: { quiet?: boolean }) => {
      const { runNodeLs } = await import('./commands/node-ls.ts');
      await run((context, signal) => runNodeLs(context, flags, signal));
    });
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
