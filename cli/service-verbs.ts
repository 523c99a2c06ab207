import type { Command } from 'commander';

import type { InspectFlags } from './commands/inspect.ts';
import type { ServiceCreateFlags } from './commands/service-create.ts';
import type { ServiceLogsFlags } from './commands/service-logs.ts';
import type { ListFlags } from './commands/service-ls.ts';
import type { ServicePsFlags } from './commands/service-ps.ts';
import type { ServiceUpdateFlags } from './commands/service-update.ts';
import type { WaitFlags } from './commands/wait.ts';
import { addCreateOptions, addUpdateOptions, addWaitOptions } from './service-options.ts';
import { collect, jsonOption, type RunBody, type VerbPorts } from './verbs.ts';

/** Adds the verbs about services. */
export function addServiceVerbs(program: Command, { run, lazy }: VerbPorts): void {
  const service = program.command('service').description('manage services');
  lazy.add(program, service, () => {
    addCreate(service, { run, lazy });
    addLists(service, run);
    addInspect(service, run);
    addLogs(service, run);
    addUpdate(service, { run, lazy });
    addRollback(service, run);
    addScale(service, run);
    addRemove(service, run);
  });
}

function addCreate(service: Command, { run, lazy }: VerbPorts): void {
  const create = service
    .command('create')
    .description('create a service and wait until its tasks run')
    .passThroughOptions()
    .argument('<image>', 'image of the containers, such as nginx:1.27')
    .argument('[command...]', 'arguments for the entry point of the image');
  addWaitOptions(create);
  lazy.add(service, create, () => {
    addCreateOptions(create);
  });
  create.action(async (image: string, args: string[], flags: ServiceCreateFlags) => {
    const { runServiceCreate } = await import('./commands/service-create.ts');
    await run((context, signal) => runServiceCreate(context, { image, args, flags }, signal));
  });
}

function addLists(service: Command, run: RunBody): void {
  service
    .command('ls')
    .alias('list')
    .description('list services')
    .option('-f, --filter <key=value>', 'only those that match (repeatable)', collect)
    .option('-q, --quiet', 'print ids only')
    .addOption(jsonOption())
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
    .addOption(jsonOption())
    .action(async (services: string[], flags: ServicePsFlags) => {
      const { runServicePs } = await import('./commands/service-ps.ts');
      await run((context, signal) => runServicePs(context, { services, flags }, signal));
    });
}

function addInspect(service: Command, run: RunBody): void {
  service
    .command('inspect')
    .description('show all about services, as JSON unless --pretty')
    .argument('<service...>', 'names or ids')
    .option('--pretty', 'print text for people')
    .addOption(jsonOption('print JSON, which is the default'))
    .action(async (services: string[], flags: InspectFlags) => {
      const { runServiceInspect } = await import('./commands/service-inspect.ts');
      await run((context, signal) => runServiceInspect(context, { services, flags }, signal));
    });
}

function addLogs(service: Command, run: RunBody): void {
  service
    .command('logs')
    .description('show what the tasks of a service wrote')
    .argument('<service|task>', 'name or id')
    .option('-f, --follow', 'go on with what comes, until interrupted')
    .option('--since <time>', 'only what came after, such as 2026-11-24T12:00:00Z or 42m')
    .option('-n, --tail <count>', 'only so many of the last lines (default all)')
    .option('-t, --timestamps', 'print the time of each line')
    .option('--details', 'print what the log driver adds')
    .option('--no-resolve', 'print ids instead of names')
    .option('--no-task-ids', 'print no ids of tasks')
    .option('--no-trunc', 'print ids whole')
    .option('--raw', 'print what the containers wrote and nothing else')
    .addOption(jsonOption('print a line of JSON for each line'))
    .action(async (target: string, flags: ServiceLogsFlags) => {
      const { runServiceLogs } = await import('./commands/service-logs.ts');
      await run((context, signal) => runServiceLogs(context, { target, flags }, signal));
    });
}

function addUpdate(service: Command, { run, lazy }: VerbPorts): void {
  const update = service
    .command('update')
    .description('change a service and wait until it has converged')
    .argument('<service>', 'name or id');
  addWaitOptions(update);
  lazy.add(service, update, () => {
    addUpdateOptions(update);
  });
  update.action(async (name: string, flags: ServiceUpdateFlags) => {
    const { runServiceUpdate } = await import('./commands/service-update.ts');
    await run((context, signal) => runServiceUpdate(context, { service: name, flags }, signal));
  });
}

function addRollback(service: Command, run: RunBody): void {
  const rollback = service
    .command('rollback')
    .description('take a service back to what it was before the last change')
    .argument('<service>', 'name or id');
  addWaitOptions(rollback);
  rollback.action(async (name: string, flags: WaitFlags) => {
    const { runServiceRollback } = await import('./commands/service-update.ts');
    await run((context, signal) => runServiceRollback(context, { service: name, flags }, signal));
  });
}

function addScale(service: Command, run: RunBody): void {
  const scale = service
    .command('scale')
    .description('set how many tasks services have')
    .argument('<service=replicas...>', 'such as web=6');
  addWaitOptions(scale);
  scale.action(async (targets: string[], flags: WaitFlags) => {
    const { runServiceScale } = await import('./commands/service-scale.ts');
    await run((context, signal) => runServiceScale(context, { targets, flags }, signal));
  });
}

function addRemove(service: Command, run: RunBody): void {
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
