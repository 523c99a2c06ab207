import { renderStatus, type StatusView } from '../render/status.ts';
import { type CommandContext, DaemonError } from './context.ts';
import { getInfo, listNodes, listServices, listTasks } from './resources.ts';

type Lists = Pick<StatusView, 'nodes' | 'services' | 'tasks'>;

const noLists: Lists = { nodes: [], services: [], tasks: [] };

/**
 * `status`: prints one screen about this node, its swarm, the services and what is wrong.
 *
 * Where the swarm cannot be asked, as without a leader, the node's own part is printed all the same.
 * @throws DaemonError after printing, if the swarm refused to answer.
 */
export async function runStatus(context: CommandContext, signal: AbortSignal): Promise<void> {
  const info = await getInfo(context, signal);
  const isAsked = info.swarmState === 'active' && info.isManager;
  const lists = isAsked ? await askSwarm(context, signal) : noLists;
  const isRefused = lists instanceof DaemonError;
  const shown = isRefused ? noLists : lists;
  const nowMs = context.clock.wallMs();
  context.out(renderStatus({ info, ...shown, nowMs, isKnown: isAsked && !isRefused }));
  if (isRefused) throw lists;
}

async function askSwarm(
  context: CommandContext,
  signal: AbortSignal,
): Promise<Lists | DaemonError> {
  try {
    const [nodes, services, tasks] = await Promise.all([
      listNodes(context, signal),
      listServices(context, {}, signal),
      listTasks(context, {}, signal),
    ]);
    return { nodes, services, tasks };
  } catch (error) {
    if (error instanceof DaemonError) return error;
    throw error;
  }
}
