import { isInProgress } from '../../../manager/orchestrator/slot/update-state.ts';
import { isPaused } from '../../../manager/orchestrator/update/update-status.ts';
import type { ServiceRow, TaskRow } from '../../../manager/store/rows.ts';
import { isOver, isPlaced, isTerminal, taskError } from '../../../manager/store/task-state.ts';
import type { StoreView } from '../../../manager/store/view.ts';
import { NodeState, TaskState, UpdateState } from '../../../proto/gen/objects.ts';
import {
  NodeAvailability,
  NodeRole,
  RestartCondition,
  UpdateFailureAction,
  UpdateOrder,
  type ServiceSpec,
} from '../../../proto/gen/specs.ts';
import { taskIdOf } from '../container-hosts.ts';
import { badImages } from '../images.ts';
import type { World } from '../world.ts';

/** Changes that a manager may lack while there are always new ones. */
const lagMax = 50;

/** Everything that is not as it has to be once nothing goes wrong any more; empty when the cluster has converged. */
export function findUnsettled(world: World): readonly string[] {
  const { manager } = world;
  if (manager === undefined) {
    return ['L1: the manager does not serve'];
  }
  const { view } = manager;
  return [
    ...unsettledGroup(world, view),
    ...unsettledNodes(world, view),
    ...view.services().flatMap((service) => unsettledService(view, service)),
    ...leftTasks(view),
    ...unsettledContainers(world, view),
    ...leftAddresses(view),
  ];
}

/** L1: every manager serves, all know who leads, all have the same, and the members are those that the cluster wants. */
function unsettledGroup(world: World, view: StoreView): string[] {
  const rows = view.nodes().filter(({ lifecycle }) => lifecycle.role === NodeRole.manager);
  const changing = view.nodes().filter(({ spec, lifecycle }) => spec.role !== lifecycle.role);
  const problems = changing.map(({ id }) => `L1: the role of ${id} is not what it is to be`);
  const ids = rows.map(({ lifecycle }) => lifecycle.raftId);
  const leader = world.leader?.daemon?.identity?.raftId;
  const { voters = [], learners = [] } = world.leader?.daemon?.consensus?.confState ?? {};
  const areMembers = voters.length === ids.length && ids.every((id) => voters.includes(id));
  if (!areMembers || learners.length > 0) {
    problems.push(`L1: members are ${voters.join()} and ${learners.join()}, not ${ids.join()}`);
  }
  // Where tasks come and go for ever there is always something under way.
  const most = view.services().some((service) => hasBadTask(view, service)) ? lagMax : 0;
  for (const row of rows) {
    const node = world.nodes.find(({ nodeId }) => nodeId === row.id);
    const daemon = node?.daemon;
    if (daemon?.isServing !== true)
      problems.push(`L1: the manager of ${node?.name} does not serve`);
    else if (daemon.consensus?.leadership.leader !== leader)
      problems.push(`L1: ${node?.name} knows another leader`);
    else if (view.revision - (daemon.manager?.view.revision ?? 0) > most)
      problems.push(`L1: ${node?.name} lags`);
  }
  return problems;
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

/** L2 and L3: the service has what it asks for, or says why not; its update is over. */
function unsettledService(view: StoreView, service: ServiceRow): string[] {
  const { spec } = service.current;
  const tasks = view.tasksOfService(service.id);
  const { name } = spec;
  return [
    ...unsettledSlots(view, service),
    ...unsettledUpdate(service, tasks),
    ...(hasBadTask(view, service)
      ? unexplained(name, tasks)
      : tasks.filter(isWanted).flatMap((task) => unsettledTask(service, task, view))),
  ];
}

function unsettledSlots(view: StoreView, service: ServiceRow): string[] {
  const { name, mode } = service.current.spec;
  const slots = Map.groupBy(view.tasksOfService(service.id), (task) =>
    task.slot === 0 ? `on ${task.nodeId}` : String(task.slot),
  );
  const held = [...slots].filter(([, tasks]) => isHeld(tasks));
  // An update that starts the new task first keeps the old one while the new one cannot be had.
  const isBlocked = isUpdateBlocked(service, view.tasksOfService(service.id));
  const twice = held.find(([, tasks]) => tasks.filter(isWanted).length > 1 && !isBlocked);
  if (twice !== undefined) return [`L2: slot ${twice[0]} of ${name} has several tasks`];
  const over = held.filter(([, tasks]) => !tasks.some(isWanted));
  const early = over.find(([, tasks]) => !mayEnd(tasks) && !isLeftOver(service, tasks));
  if (early !== undefined && mode?.mode?.kind === 'replicated') {
    return [`L2: slot ${early[0]} of ${name} ended though its policy asks for another task`];
  }
  if (mode?.mode?.kind === 'global') return unsettledNodesOf(view, service, slots);
  const replicas = mode?.mode?.kind === 'replicated' ? mode.mode.value.replicas : 0;
  if (held.length === replicas) return [];
  return [`L2: ${name} has ${held.length} of ${replicas} slots`];
}

/** A global service has a task on every node that may run it, unless it ended there for good, and none on those that may not. */
function unsettledNodesOf(
  view: StoreView,
  service: ServiceRow,
  slots: ReadonlyMap<string, readonly TaskRow[]>,
): string[] {
  const { name, task: spec } = service.current.spec;
  const isNowhere = (spec?.placement?.constraints ?? []).length > 0;
  return view.nodes().flatMap((node) => {
    const tasks = slots.get(`on ${node.id}`) ?? [];
    const wanted = tasks.filter(isWanted).length;
    const isDrained = node.spec.availability === NodeAvailability.drain;
    if (isDrained || isNowhere) {
      return wanted === 0 ? [] : [`T6: ${name} is wanted on ${node.id}, which may not run it`];
    }
    const isExpected = node.spec.availability === NodeAvailability.active;
    const isOver = isHeld(tasks) && mayEnd(tasks);
    return wanted === 0 && isExpected && !isOver ? [`L2: ${name} lacks a task on ${node.id}`] : [];
  });
}

function isWanted(task: TaskRow): boolean {
  return task.desiredState <= TaskState.running;
}

/** A task is wanted, or the last one has ended for good. */
function isHeld(tasks: readonly TaskRow[]): boolean {
  return tasks.some(isWanted) || newestOf(tasks)?.desiredState === TaskState.shutdown;
}

function newestOf(tasks: readonly TaskRow[]): TaskRow | undefined {
  return tasks.toSorted((left, right) => left.createdAtMs - right.createdAtMs).at(-1);
}

/** The last task is one that a paused update gave up: the one that went on beside it may have ended for good, and its row be gone. */
function isLeftOver({ lifecycle }: ServiceRow, tasks: readonly TaskRow[]): boolean {
  return isPaused(lifecycle) && newestOf(tasks)?.byUpdate === true;
}

/** Whether the policy of the last task lets the slot end. */
function mayEnd(tasks: readonly TaskRow[]): boolean {
  const newest = newestOf(tasks);
  const policy = newest?.revision.spec.task?.restart;
  const isDone = newest?.reportedState === TaskState.complete;
  return (
    policy?.condition === RestartCondition.restartNone ||
    (policy?.condition === RestartCondition.restartOnFailure && isDone) ||
    (policy?.maxAttempts ?? 0) > 0
  );
}

/** A new task cannot be placed, or new tasks fail again and again and that is to be borne: the old ones go on meanwhile. */
function isUpdateBlocked(service: ServiceRow, tasks: readonly TaskRow[]): boolean {
  const { current, lifecycle } = service;
  if (!isInProgress(lifecycle)) return false;
  const { update, rollback } = current.spec;
  const config = lifecycle?.updateState === UpdateState.updating ? update : rollback;
  // Of a smaller ratio there are soon too many.
  const isBorne =
    config?.failureAction === UpdateFailureAction.updateContinue ||
    (config?.maxFailureRatio ?? 0) >= 1;
  const isFailing = isBorne && config?.order === UpdateOrder.startFirst && isBad(current.spec);
  return isFailing || tasks.some((task) => isWanted(task) && taskError(task) !== '');
}

/** L3: an update ends, or waits for a task that says why it does not come. */
function unsettledUpdate(service: ServiceRow, tasks: readonly TaskRow[]): string[] {
  if (!isInProgress(service.lifecycle)) return [];
  return isUpdateBlocked(service, tasks)
    ? []
    : [`L3: ${service.current.spec.name}: ${service.lifecycle?.message}`];
}

/** Whether tasks of the service come and go for ever: those of its spec, or those that a paused update left. */
export function hasBadTask(view: StoreView | undefined, service: ServiceRow): boolean {
  const tasks = view?.tasksOfService(service.id) ?? [];
  return isBad(service.current.spec) || tasks.some((task) => isWanted(task) && isBadTask(task));
}

function isBad(spec: ServiceSpec): boolean {
  return badImages.includes(spec.task?.container?.image ?? '');
}

function isBadTask(task: TaskRow): boolean {
  return isBad(task.revision.spec);
}

/** Tasks that cannot last say why: those of now, or those before them. */
function unexplained(name: string, tasks: readonly TaskRow[]): string[] {
  const wanted = tasks.filter(isWanted);
  const hasReason = tasks.some(
    (task) => taskError(task) !== '' || task.exitCode !== 0 || isTerminal(task),
  );
  const isNew = wanted.every((task) => !isTerminal(task));
  return wanted.length === 0 || hasReason || isNew
    ? []
    : [`L2: ${name} fails and does not say why`];
}

function unsettledTask(service: ServiceRow, task: TaskRow, view: StoreView): string[] {
  const { name, task: spec } = service.current.spec;
  if (task.networkError !== '') return [];
  const isNowhere = (task.revision.spec.task?.placement?.constraints ?? []).length > 0;
  if (isNowhere && isPlaced(task) && spec === task.revision.spec.task) {
    return [`T8: task ${task.id} of ${name} is on a node that it excludes`];
  }
  if (!isPlaced(task)) {
    return task.explanation === '' ? [`L2: ${name} does not say why it is pending`] : [];
  }
  if (task.desiredState !== TaskState.running || task.reportedState !== TaskState.running) {
    return [`L2: ${name}.${task.slot} is ${task.reportedState} (${taskError(task)})`];
  }
  const mayRun = view.node(task.nodeId)?.spec.availability !== NodeAvailability.drain;
  return mayRun ? [] : [`T6: ${name}.${task.slot} runs on a drained node`];
}

/** Tasks of services that are gone, and tasks to be removed, are gone too. */
function leftTasks(view: StoreView): string[] {
  return [...view.tasks()].flatMap((task) => {
    const service = view.service(task.serviceId);
    if (service !== undefined && hasBadTask(view, service)) return [];
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
      const isRunning = container.status === 'running';
      const isSecond = isRunning && running.has(taskId);
      if (isRunning) running.add(taskId);
      const service = view.serviceByName(container.name.split('.')[0] ?? '');
      if (service !== undefined && hasBadTask(view, service)) continue;
      const what = `container ${container.name} on ${node.name}`;
      if (task === undefined) problems.push(`T5: ${what} has no task`);
      if (isSecond) problems.push(`T4: ${what} is the second of its task`);
      if (isRunning && task !== undefined && isTerminal(task)) {
        problems.push(`T4: ${what} runs though its task has ended`);
      }
    }
    for (const task of tasks.values()) {
      const service = view.service(task.serviceId);
      // Where new tasks fail again and again one may run for a while, upon which the update gives the old one up.
      const isGivenUp = !isWanted(task) && service !== undefined && hasBadTask(view, service);
      if (isBadTask(task) || isGivenUp) continue;
      if (task.reportedState === TaskState.running && !running.has(task.id)) {
        problems.push(`T4: task ${task.id} is said to run on ${node.name} and does not`);
      }
    }
    return problems;
  });
}

/** L5: addresses are held by what is there, and by nobody else. */
function leftAddresses(view: StoreView): string[] {
  if (view.services().some((service) => hasBadTask(view, service))) return [];
  return view.networks().flatMap((network) => {
    const tasks = [...view.tasks()].filter((task) => !isOver(task));
    const shown = [
      ...tasks.flatMap((task) => task.addresses),
      ...view.services().flatMap(({ endpoint }) => endpoint?.virtualIps ?? []),
    ];
    const count = shown.filter(({ networkId }) => networkId === network.id).length;
    const taken = view.claimCount(`address/${network.id}`);
    if (taken === count) return [];
    return [`L5: ${taken} addresses of ${network.spec.name} are taken, ${count} are used`];
  });
}
