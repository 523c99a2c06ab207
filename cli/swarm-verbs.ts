import { Argument, type Command, type Option } from 'commander';

import { usageError } from './commands/context.ts';
import type { InitFlags } from './commands/init.ts';
import type { InspectFlags } from './commands/inspect.ts';
import type { JoinTokenFlags } from './commands/join-token.ts';
import type { JoinFlags } from './commands/join.ts';
import type { NodeLsFlags } from './commands/node-ls.ts';
import type { Shell } from './render/completion-scripts.ts';
import { choiceOption, collect, jsonOption, type RunBody, type VerbPorts } from './verbs.ts';

/** Adds the verbs about this node and its swarm. */
export function addSwarmVerbs(program: Command, run: RunBody): void {
  addDaemon(program);
  addInit(program, run);
  addJoin(program, run);
  addJoinToken(program, run);
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
    .addOption(jsonOption())
    .action(async (flags: { json?: boolean }) => {
      const { runStatus } = await import('./commands/status.ts');
      await run((context, signal) => runStatus(context, flags, signal));
    });
}

/** The launcher runs the daemon: here it is only named. */
function addDaemon(program: Command): void {
  program
    .command('daemon')
    .description('run this machine as a node')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw usageError('"daemon" must be the first word: shoal daemon --help');
    });
}

function addInit(program: Command, run: RunBody): void {
  program
    .command('init')
    .description('start a swarm with this node as its first manager')
    .option('--advertise-addr <address>', 'address (with optional port) that other nodes use')
    .option('--listen-addr <address>', listenHelp, '0.0.0.0:2377')
    .option('--default-addr-pool <cidr>', 'addresses for networks (repeatable)', collect)
    .option('--task-history-limit <count>', 'ended tasks to keep of each slot (default 5)')
    .option('--force-new-cluster', 'go on as the only manager, when most of them are lost')
    .addOption(availabilityOption())
    .action(async (flags: InitFlags) => {
      const { runInit } = await import('./commands/init.ts');
      await run((context, signal) => runInit(context, flags, signal));
    });
}

const listenHelp = 'address that the manager listens on; the port after it is used too';

function availabilityOption(): Option {
  const states = ['active', 'pause', 'drain'];
  return choiceOption('--availability <state>', 'whether this node takes tasks', states).default(
    'active',
  );
}

function addJoin(program: Command, run: RunBody): void {
  program
    .command('join')
    .description('take this node into a swarm, as what the token says')
    .argument('<manager...>', 'addresses of managers, tried in turn, such as 10.0.0.1:2377')
    .requiredOption('--token <token>', 'what "shoal join-token" prints on a manager')
    .option('--advertise-addr <address>', 'address (with optional port) that other nodes use')
    .option('--listen-addr <address>', listenHelp, '0.0.0.0:2377')
    .addOption(availabilityOption())
    .action(async (managers: string[], flags: JoinFlags) => {
      const { runJoin } = await import('./commands/join.ts');
      await run((context, signal) => runJoin(context, { managers, flags }, signal));
    });
}

function addJoinToken(program: Command, run: RunBody): void {
  program
    .command('join-token')
    .description('print how a further node joins the swarm')
    .addArgument(new Argument('<role>', 'as what').choices(['worker', 'manager']))
    .option('-q, --quiet', 'print the token only')
    .action(async (role: 'worker' | 'manager', flags: JoinTokenFlags) => {
      const { runJoinToken } = await import('./commands/join-token.ts');
      await run((context, signal) => runJoinToken(context, { role, flags }, signal));
    });
}

/** Adds the verbs about nodes. */
export function addNodeVerbs(program: Command, { run, lazy }: VerbPorts): void {
  const node = program.command('node').description('manage nodes');
  lazy.add(program, node, () => {
    fillNode(node, run);
  });
}

function fillNode(node: Command, run: RunBody): void {
  node
    .command('ls')
    .alias('list')
    .description('list nodes')
    .option('-q, --quiet', 'print ids only')
    .addOption(jsonOption())
    .action(async (flags: NodeLsFlags) => {
      const { runNodeLs } = await import('./commands/node-ls.ts');
      await run((context, signal) => runNodeLs(context, flags, signal));
    });
  node
    .command('inspect')
    .description('show all about nodes, as JSON unless --pretty')
    .argument('<node...>', 'host names or ids; self is the node that is asked')
    .option('--pretty', 'print text for people')
    .addOption(jsonOption('print JSON, which is the default'))
    .action(async (nodes: string[], flags: InspectFlags) => {
      const { runNodeInspect } = await import('./commands/node-inspect.ts');
      await run((context, signal) => runNodeInspect(context, { nodes, flags }, signal));
    });
}

/** Adds the verb that prints the scripts of shells. */
export function addCompletionVerb(program: Command, out: (text: string) => void): void {
  program
    .command('completion')
    .description('print the script that completes command lines in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Try it, or keep it:
  bash  source <(shoal completion bash)
        shoal completion bash > /etc/bash_completion.d/shoal
  zsh   source <(shoal completion zsh)   # after compinit
        shoal completion zsh > "\${fpath[1]}/_shoal"
  fish  shoal completion fish | source
        shoal completion fish > ~/.config/fish/completions/shoal.fish
`,
    )
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./render/completion-scripts.ts');
      out(completionScript(shell));
    });
}
