import type { Json } from '../render/reading.ts';
import { renderStatus } from '../render/status.ts';
import { readInfo, readNode, readService, readTask } from '../render/views.ts';
import { type CommandContext, DaemonError } from './context.ts';
import { askList, printJson } from './resources.ts';

interface Lists {
  readonly nodes: readonly Json[];
  readonly services: readonly Json[];
  readonly tasks: readonly Json[];
}

const noLists: Lists = { nodes: [], services: [], tasks: [] };

/**
 * `status`: prints one screen about this node, its swarm, the services and what is wrong; with `--json` all that the
 * API says of them.
 *
 * Where the swarm cannot be asked, as without a leader, the node's own part is printed all the same.
 * @throws DaemonError after printing, if the swarm refused to answer.
 */
export async function runStatus(
  context: CommandContext,
  flags: { readonly json?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const answer = await context.api.call({ method: 'GET', path: '/info' }, signal);
  const info = readInfo(answer);
  const isAsked = info.swarmState === 'active' && info.isManager;
  const lists = isAsked ? await askSwarm(context, signal) : noLists;
  const isRefused = lists instanceof DaemonError;
  const { nodes, services, tasks } = isRefused ? noLists : lists;
  if (flags.json === true) {
    printJson(context, { Info: answer, Nodes: nodes, Services: services, Tasks: tasks });
  } else {
    const views = {
      nodes: nodes.map(readNode),
      services: services.map(readService),
      tasks: tasks.map(readTask),
    };
    const nowMs = context.clock.wallMs();
    context.out(renderStatus({ info, ...views, nowMs, isKnown: isAsked && !isRefused }));
  }
  if (isRefused) throw lists;
}

async function askSwarm(
  context: CommandContext,
  signal: AbortSignal,
): Promise<Lists | DaemonError> {
  try {
    const [nodes, services, tasks] = await Promise.all([
      askList(context, '/nodes', {}, signal),
      askList(context, '/services', {}, signal),
      askList(context, '/tasks', {}, signal),
    ]);
    return { nodes, services, tasks };
  } catch (error) {
    if (error instanceof DaemonError) return error;
    throw error;
  }
}
