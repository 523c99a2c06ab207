import { renderStatus } from '../render/status.ts';
import type { CommandContext } from './context.ts';
import { getInfo, listNodes, listServices, listTasks } from './resources.ts';

/** `status`: prints one screen about this node, its swarm, the services and what is wrong. */
export async function runStatus(context: CommandContext, signal: AbortSignal): Promise<void> {
  const info = await getInfo(context, signal);
  const isAsked = info.swarmState === 'active' && info.isManager;
  const nothing = [[], [], []] as const;
  const [nodes, services, tasks] = isAsked
    ? await Promise.all([
        listNodes(context, signal),
        listServices(context, {}, signal),
        listTasks(context, {}, signal),
      ])
    : nothing;
  context.out(renderStatus({ info, nodes, services, tasks, nowMs: context.clock.wallMs() }));
}
