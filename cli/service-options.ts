import type { Command } from 'commander';

import { choiceOption, collect, jsonOption } from './verbs.ts';

/** Adds the options of every verb that may wait until a service has converged. */
export function addWaitOptions(command: Command): void {
  command
    .option('-d, --detach', 'do not wait until the service has converged')
    .option('-q, --quiet', 'wait without showing progress')
    .addOption(jsonOption('print the verdict as a line of JSON'));
}

/** Adds the options of `service create`, without those about waiting. */
export function addCreateOptions(create: Command): void {
  create
    .option('--name <name>', 'name of the service (default: made up)')
    .addOption(
      choiceOption('--mode <mode>', 'replicas, or one task on each node (default replicated)', [
        'replicated',
        'global',
      ]),
    )
    .option('--replicas <count>', 'tasks to run (default 1)')
    .option(
      '-p, --publish <port>',
      '8080:80[/udp] or published=8080,target=80,… (repeatable)',
      collect,
    )
    .option('-l, --label <key=value>', 'label of the service (repeatable)', collect)
    .option('--constraint <expression>', 'such as node.labels.disk==ssd (repeatable)', collect)
    .option('-e, --env <name=value>', 'environment variable (repeatable)', collect)
    .option('--container-label <key=value>', 'label of the containers (repeatable)', collect)
    .option(
      '--mount <mount>',
      'type=bind|volume|tmpfs,source=…,target=…[,readonly] (repeatable)',
      collect,
    );
  addTemplateOptions(create);
}

/** Adds the options of `service update`, without those about waiting. */
export function addUpdateOptions(update: Command): void {
  update
    .option('--image <image>', 'image of the containers')
    .option('--args <words>', 'arguments for the entry point of the image, as one text')
    .option('--force', 'replace the tasks even if nothing of them changes')
    .option('--rollback', 'take it back to what it was before the last change')
    .option('--replicas <count>', 'tasks to run');
  addPairOptions(update, 'env', ['<name=value>', '<name>'], 'environment variable');
  addPairOptions(update, 'label', ['<key=value>', '<key>'], 'label of the service');
  addPairOptions(update, 'container-label', ['<key=value>', '<key>'], 'label of the containers');
  addPairOptions(update, 'constraint', ['<expression>', '<expression>'], 'constraint');
  addPairOptions(update, 'mount', ['<mount>', '<target>'], 'mount');
  addPairOptions(update, 'publish', ['<port>', '<target-port>'], 'published port');
  addTemplateOptions(update);
}

function addPairOptions(
  update: Command,
  name: string,
  [added, removed]: readonly [added: string, removed: string],
  what: string,
): void {
  update
    .option(`--${name}-add ${added}`, `add or change: ${what} (repeatable)`, collect)
    .option(`--${name}-rm ${removed}`, `remove: ${what} (repeatable)`, collect);
}

/** The options that mean the same whether a service is created or updated. */
function addTemplateOptions(command: Command): void {
  addContainerOptions(command);
  addHealthOptions(command);
  addPlacementOptions(command);
  addRestartOptions(command);
  addReplacementOptions(command, 'update', ['pause', 'continue', 'rollback']);
  addReplacementOptions(command, 'rollback', ['pause', 'continue']);
}

function addContainerOptions(command: Command): void {
  command
    .option('--entrypoint <command>', 'instead of the entry point of the image')
    .option('-w, --workdir <path>', 'working directory')
    .option('-u, --user <name>', 'user (and group) that the container runs as')
    .option('--hostname <name>', 'host name of the containers')
    .option('-t, --tty', 'allocate a terminal')
    .option('--init', 'run an init process that reaps children')
    .option('--read-only', "mount the container's root file system read-only")
    .option('--stop-grace-period <duration>', 'time to stop before it is killed (default 10s)')
    .option('--stop-signal <signal>', 'signal that stops the container');
}

function addHealthOptions(command: Command): void {
  command
    .option('--health-cmd <command>', 'command that tells whether the container is healthy')
    .option('--health-interval <duration>', 'time between checks')
    .option('--health-timeout <duration>', 'time that one check may take')
    .option('--health-retries <count>', 'failed checks in a row that make it unhealthy')
    .option('--health-start-period <duration>', 'time in which failed checks do not count')
    .option('--health-start-interval <duration>', 'time between checks in the start period')
    .option('--no-healthcheck', 'ignore the health check of the image');
}

function addPlacementOptions(command: Command): void {
  command
    .option('--replicas-max-per-node <count>', 'tasks on one node (default 0: no bound)')
    .option('--limit-cpu <processors>', 'the most a task may use, such as 0.5')
    .option('--limit-memory <bytes>', 'the most a task may use, such as 64m')
    .option('--reserve-cpu <processors>', 'what a node must have left for a task')
    .option('--reserve-memory <bytes>', 'what a node must have left for a task');
}

function addRestartOptions(command: Command): void {
  command
    .addOption(
      choiceOption('--restart-condition <condition>', 'when to restart (default any)', [
        'none',
        'on-failure',
        'any',
      ]),
    )
    .option('--restart-delay <duration>', 'time before a restart (default 5s)')
    .option('--restart-max-attempts <count>', 'restarts before giving up')
    .option('--restart-window <duration>', 'time over which restarts are counted');
}

function addReplacementOptions(
  command: Command,
  name: 'update' | 'rollback',
  actions: readonly string[],
): void {
  command
    .option(`--${name}-parallelism <count>`, `tasks replaced at once in ${name}s, 0 for all`)
    .option(`--${name}-delay <duration>`, `time between tasks in ${name}s (default 0s)`)
    .addOption(
      choiceOption(`--${name}-order <order>`, `which task goes first in ${name}s`, [
        'stop-first',
        'start-first',
      ]),
    )
    .addOption(choiceOption(`--${name}-failure-action <action>`, `when ${name}s fail`, actions))
    .option(`--${name}-monitor <duration>`, 'time a new task is watched for failure (default 5s)')
    .option(`--${name}-max-failure-ratio <ratio>`, `share of tasks that may fail in ${name}s`);
}
