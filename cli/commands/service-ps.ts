import { renderTaskList, sortTasks, type TaskNames } from '../render/task-list.ts';
import { readService, readTask, type ServiceView, type TaskView } from '../render/views.ts';
import { CliError, type CommandContext } from './context.ts';
import {
  askList,
  getService,
  isNotFound,
  listNodes,
  parseFilters,
  printJson,
} from './resources.ts';

export interface ServicePsFlags {
  readonly filter?: readonly string[];
  readonly quiet?: boolean;
  readonly trunc?: boolean;
  readonly json?: boolean;
}

export interface ServicePsArgs {
  readonly services: readonly string[];
  readonly flags: ServicePsFlags;
}

/**
 * `service ps`: prints the tasks of services, with those that came before them.
 * Tasks of the services that exist are printed even if others do not; the exit code is 1 then.
 */
export async function runServicePs(
  context: CommandContext,
  { services, flags }: ServicePsArgs,
  signal: AbortSignal,
): Promise<void> {
  const filters = parseFilters(flags.filter ?? []);
  const { found, missing } = await findServices(context, services, signal);
  if (found.length > 0) {
    const wanted = { ...filters, service: found.map((service) => service.id) };
    const tasks = await askList(context, '/tasks', wanted, signal);
    if (flags.json === true) printJson(context, tasks);
    else await printTasks(context, { tasks: tasks.map(readTask), services: found, flags }, signal);
  }
  if (missing.length > 0) {
    throw new CliError(missing.map((name) => `no such service: ${name}`).join('\n'));
  }
}

interface ServiceTasks {
  readonly tasks: readonly TaskView[];
  readonly services: readonly ServiceView[];
  readonly flags: ServicePsFlags;
}

async function printTasks(
  context: CommandContext,
  { tasks, services, flags }: ServiceTasks,
  signal: AbortSignal,
): Promise<void> {
  const names = await readNames(context, services, signal);
  if (flags.quiet === true) {
    const ids = sortTasks(tasks, names).map((task) => `${task.id}\n`);
    context.out(ids.join(''));
    return;
  }
  const options = { nowMs: context.clock.wallMs(), isWhole: flags.trunc === false };
  context.out(renderTaskList(tasks, names, options));
}

async function findServices(
  context: CommandContext,
  services: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly found: readonly ServiceView[]; readonly missing: readonly string[] }> {
  const found: ServiceView[] = [];
  const missing: string[] = [];
  for (const service of services) {
    try {
      found.push(readService(await getService(context, service, signal)));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      missing.push(service);
    }
  }
  return { found, missing };
}

async function readNames(
  context: CommandContext,
  services: readonly ServiceView[],
  signal: AbortSignal,
): Promise<TaskNames> {
  const nodes = await listNodes(context, signal);
  return {
    services: new Map(services.map((service) => [service.id, service.name])),
    nodes: new Map(nodes.map((node) => [node.id, node.hostname])),
  };
}
