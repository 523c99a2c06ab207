import { renderTaskList, sortTasks, type TaskNames } from '../render/task-list.ts';
import { readService, type ServiceView } from '../render/views.ts';
import { CliError, type CommandContext } from './context.ts';
import { getService, isNotFound, listNodes, listTasks, parseFilters } from './resources.ts';

export interface ServicePsFlags {
  readonly filter?: readonly string[];
  readonly quiet?: boolean;
  readonly trunc?: boolean;
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
    const tasks = await listTasks(context, wanted, signal);
    const names = await readNames(context, found, signal);
    context.out(
      flags.quiet === true
        ? sortTasks(tasks, names)
            .map((task) => `${task.id}\n`)
            .join('')
        : renderTaskList(tasks, names, {
            nowMs: context.clock.wallMs(),
            isWhole: flags.trunc === false,
          }),
    );
  }
  if (missing.length > 0) {
    throw new CliError(missing.map((name) => `no such service: ${name}`).join('\n'));
  }
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
