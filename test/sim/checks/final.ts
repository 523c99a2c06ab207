import type { NodeRow, ServiceRow, TaskRow } from '../../../manager/store/rows.ts';
import { isPlaced, isTerminal, taskError } from '../../../manager/store/task-state.ts';
import type { StoreView } from '../../../manager/store/view.ts';
import { NodeState, TaskState } from '../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import { taskIdOf } from '../container-hosts.ts';
import { badImages } from '../images.ts';
import type { World } from '../world.ts';

/** Everything that is not as it has to be once nothing goes wrong any more; empty when the cluster has converged. */
export function findUnsettled(world: World): readonly string[] {
  const { manager } = world;
  if (manager === undefined || world.managerNode.daemon?.isServing !== true) {
    return ['L1: the manager does not serve'];
  }
  const { view } = manager;
  return [
    ...unsettledNodes(world, view),
    ...view.services().flatMap((service) => unsettledService(view, service)),
    ...leftTasks(view),
    ...unsettledContainers(world, view),
  ];
}

function unsettledNodes(world: World, view: StoreView): string[] {
  return world.nodes.flatMap((node) => {
    const row = view.node(node.nodeId);
    const state = row?.status.state;
    if (state !== NodeState.nodeReady) return [`L4: ${node.name} is ${state}`];
    if (node.daemon?.agent?.hasSession !== true) return [`L4: ${node.name} has no session`];
    return [];
  });
}

function unsettledService(view: StoreView, service: ServiceRow): string[] {
  const { spec } = service.current;
  const replicas = spec.mode?.mode?.kind === 'replicated' ? spec.mode.mode.value.replicas : 0;
  const tasks = view.tasksOfService(service.id);
  const wanted = tasks.filter((task) => task.desiredState <= TaskState.running);
  const { name } = spec;
  if (wanted.length !== replicas)
    return [`L2: ${name} wants ${wanted.length} of ${replicas} tasks`];
  if (isBad(service)) return unexplained(name, tasks, wanted);
  return wanted.flatMap((task) => {
    if ((spec.task?.placement?.constraints ?? []).length > 0) return unsettledBlocked(name, task);
    return unsettledTask(name, task, view.node(task.nodeId));
  });
}

/** Tasks of such a service come and go for ever. */
function isBad(service: ServiceRow | undefined): boolean {
  return badImages.includes(service?.current.spec.task?.container?.image ?? '');
}

/** Tasks that cannot last say why: those of now, or those before them. */
function unexplained(
  name: string,
  tasks: readonly TaskRow[],
  wanted: readonly TaskRow[],
): string[] {
  const hasReason = tasks.some((task) => taskError(task) !== '' || task.exitCode !== 0);
  const isNew = wanted.every((task) => !isTerminal(task));
  return wanted.length === 0 || hasReason || isNew
    ? []
    : [`L2: ${name} fails and does not say why`];
}

function unsettledBlocked(name: string, task: TaskRow): string[] {
  if (task.nodeId !== '') return [`T8: task ${task.id} of ${name} is on a node that it excludes`];
  if (task.networkError !== '') return [];
  return task.explanation === '' ? [`L2: ${name} does not say why it is pending`] : [];
}

function unsettledTask(name: string, task: TaskRow, node: NodeRow | undefined): string[] {
  if (task.networkError !== '') return [];
  if (task.desiredState !== TaskState.running || task.reportedState !== TaskState.running) {
    return [`L2: ${name}.${task.slot} is ${task.reportedState} (${taskError(task)})`];
  }
  const mayRun = node?.spec.availability !== NodeAvailability.drain;
  return mayRun ? [] : [`T6: ${name}.${task.slot} runs on a drained node`];
}

/** Tasks of services that are gone, and tasks to be removed, are gone too. */
function leftTasks(view: StoreView): string[] {
  return [...view.tasks()].flatMap((task) => {
    const service = view.service(task.serviceId);
    if (service !== undefined && isBad(service)) return [];
    if (service === undefined) return [`L5: task ${task.id} has no service`];
    if (task.desiredState === TaskState.remove) return [`L5: task ${task.id} is to be removed`];
    // One that no node was given has nothing to stop; its row goes with the slot's history.
    if (task.desiredState > TaskState.running && isPlaced(task) && !isTerminal(task)) {
      return [`L2: task ${task.id} does not stop`];
    }
    return [];
  });
}

/** T4, T5: a container for each running task, and none besides those of tasks that the store knows. */
function unsettledContainers(world: World, view: StoreView): string[] {
  return world.nodes.flatMap((node) => {
    const tasks = new Map(view.tasksOfNode(node.nodeId).map((task) => [String(task.id), task]));
    const running = new Set<string>();
    const problems: string[] = [];
    for (const container of node.engine.containers()) {
      const taskId = taskIdOf(container);
      const task = tasks.get(taskId);
      const what = `container ${container.name} on ${node.name}`;
      const service = view.serviceByName(container.name.split('.')[0] ?? '');
      if (service !== undefined && isBad(service)) continue;
      if (task === undefined) problems.push(`T5: ${what} has no task`);
      if (container.status !== 'running') continue;
      if (running.has(taskId)) problems.push(`T4: ${what} is the second of its task`);
      running.add(taskId);
      if (task?.reportedState !== undefined && isTerminal(task)) {
        problems.push(`T4: ${what} runs though its task has ended`);
      }
    }
    for (const task of tasks.values()) {
      if (isBad(view.service(task.serviceId))) continue;
      if (task.reportedState === TaskState.running && !running.has(task.id)) {
        problems.push(`T4: task ${task.id} is said to run on ${node.name} and does not`);
      }
    }
    return problems;
  });
}
