import { isShoalError } from '../../common/pure/errors.ts';
import type { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import { isTerminal } from '../../manager/store/task-state.ts';
import { newReportStatusRequest, newTaskReport } from '../../proto/gen/dispatcher.ts';
import { newTaskStatus, TaskState } from '../../proto/gen/objects.ts';
import { dispatcherMethods } from '../../proto/rpc/dispatcher.ts';
import { foreignMessage } from './checks/task-rules.ts';
import { clusterId } from './founding.ts';
import { oneOf } from './options.ts';
import type { Random } from '../../common/pure/random.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** A report that must come to nothing: by whom, in which session. */
interface Forgery {
  readonly name: string;
  readonly from: SimNode;
  readonly sessionId: string;
}

/** Reports the end of a running task on behalf of who may not: another node, or a session that is over (T9). */
export async function intrude(world: World, random: Random): Promise<void> {
  const view = world.manager?.view;
  if (view === undefined) return;
  const tasks = [...view.tasks()].filter((task) => task.placedAtMs > 0 && !isTerminal(task));
  if (tasks.length === 0) return;
  const task = oneOf(random, tasks);
  const owner = world.nodes.find(({ nodeId }) => nodeId === task.nodeId);
  const others = world.nodes.filter((node) => node !== owner && node.sessionIds.length > 0);
  if (owner === undefined) return;
  const forgeries: Forgery[] = [{ name: 'made-up session', from: owner, sessionId: 'ffff' }];
  const old = owner.sessionIds.at(-2);
  if (old !== undefined) forgeries.push({ name: 'old session', from: owner, sessionId: old });
  if (others.length > 0) {
    const from = oneOf(random, others);
    const own = { from, sessionId: from.sessionIds.at(-1) ?? '' };
    forgeries.push({ name: "another node's task", ...own });
    forgeries.push({
      name: "another node's session",
      from,
      sessionId: owner.sessionIds.at(-1) ?? '',
    });
  }
  const server = oneOf(random, world.serving).daemon?.server;
  if (server === undefined) return;
  for (const forgery of forgeries) await forge({ world, server }, forgery, task.id);
}

async function forge(
  { world, server }: { readonly world: World; readonly server: MemoryRpcServer },
  forgery: Forgery,
  taskId: string,
): Promise<void> {
  const { from, sessionId, name } = forgery;
  const role = world.isManager(from) ? 'manager' : 'worker';
  const channel = server.channel({ nodeId: from.nodeId, clusterId, role });
  const status = newTaskStatus({ state: TaskState.failed, message: foreignMessage });
  const request = newReportStatusRequest({
    sessionId,
    reports: [newTaskReport({ taskId, status })],
  });
  const signal = new AbortController().signal;
  try {
    const answer = await channel.unary(dispatcherMethods.reportStatus, request, { signal });
    if (!answer.unknownTasks.includes(taskId)) world.fail('T9', `a report of ${name} was taken`);
    world.seen.add("report of another node's task refused");
  } catch (error) {
    if (!isShoalError(error)) throw error;
    if (error.code === 'notFound') world.seen.add(`report in ${name} refused`);
  } finally {
    channel.disconnect();
  }
}
