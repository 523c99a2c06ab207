import { asId } from '../../../common/pure/ids.ts';
import type { TaskRow } from '../../../manager/store/rows.ts';
import { isOver } from '../../../manager/store/task-state.ts';
import type { StoreView } from '../../../manager/store/view.ts';
import type { Complain } from './task-rules.ts';

/** S5 and N1 over the whole store: every index says what a walk over all tasks says, and claims match the rows that hold them. */
export function sweepStore(view: StoreView, complain: Complain): void {
  const tasks = [...view.tasks()];
  const expect = (what: string, found: Iterable<TaskRow>, wanted: readonly TaskRow[]): void => {
    const rows = [...found];
    const isSame = rows.length === wanted.length && rows.every((row) => wanted.includes(row));
    if (!isSame) complain('S5', `${what}: ${rows.length} rows, not ${wanted.length}`);
  };
  for (const [key, wanted] of groups(tasks, (task) => task.serviceId)) {
    expect(`tasks of service ${key}`, view.tasksOfService(asId<'service'>(key)), wanted);
  }
  for (const wanted of groups(tasks, (task) => `${task.serviceId}/${task.slot}`).values()) {
    const [task] = wanted;
    if (task === undefined) continue;
    const { serviceId, slot } = task;
    expect(`tasks of slot ${slot}`, view.tasksOfSlot(serviceId, slot), wanted);
  }
  for (const node of view.nodes()) {
    const wanted = tasks.filter((task) => task.nodeId === node.id);
    expect(`tasks of node ${node.id}`, view.tasksOfNode(node.id), wanted);
  }
  for (const wanted of groups(tasks, (task) => String(task.desiredState)).values()) {
    const [task] = wanted;
    if (task === undefined) continue;
    expect('tasks by desired state', view.tasksByDesiredState(task.desiredState), wanted);
  }
  for (const task of tasks) {
    if (view.task(task.id) !== task) complain('S5', `task ${task.id} is not the row of its id`);
  }
  sweepClaims(view, tasks, complain);
  sweepNames(view, complain);
}

/** A task that may run holds its addresses; nobody holds one that no row shows. */
function sweepClaims(view: StoreView, tasks: readonly TaskRow[], complain: Complain): void {
  const shown = new Map<string, Set<string>>();
  const show = (networkId: string, address: string): string => {
    const key = address.split('/')[0] ?? '';
    const addresses = shown.get(networkId) ?? new Set<string>();
    shown.set(networkId, addresses.add(key));
    return key;
  };
  for (const task of tasks) {
    for (const { networkId, address } of task.addresses) {
      const owner = view.claimOwner(`address/${networkId}`, show(networkId, address));
      if (isOver(task) || owner === task.id) continue;
      complain('N1', `address ${address} of ${task.id} belongs to ${owner}`);
    }
  }
  for (const service of view.services()) {
    for (const vip of service.endpoint?.virtualIps ?? []) show(vip.networkId, vip.address);
  }
  for (const network of view.networks()) {
    const taken = view.claimCount(`address/${network.id}`);
    const most = shown.get(network.id)?.size ?? 0;
    if (taken > most)
      complain('N1', `${taken} addresses taken of ${network.spec.name}, ${most} used`);
  }
}

function sweepNames(view: StoreView, complain: Complain): void {
  for (const service of view.services()) {
    const { name } = service.current.spec;
    if (view.serviceByName(name) !== service)
      complain('S5', `service ${name} is not found by name`);
    if (view.claimOwner('service-name', name.toLowerCase()) === undefined) {
      complain('S5', `nobody holds the name ${name}`);
    }
  }
}

function groups<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const found = new Map<string, Item[]>();
  for (const item of items) {
    const group = found.get(keyOf(item));
    if (group === undefined) found.set(keyOf(item), [item]);
    else group.push(item);
  }
  return found;
}
