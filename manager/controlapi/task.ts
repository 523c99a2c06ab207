import { ShoalError } from '../../common/pure/errors.ts';
import { asId, type ServiceId } from '../../common/pure/ids.ts';
import type { Filters } from '../../common/ports/cluster-api.ts';
import { TaskState } from '../../proto/gen/objects.ts';
import { Freshness } from '../orchestrator/slot/freshness.ts';
import type { TaskRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { anyOf, checkFilters, labelsMatch } from './filters.ts';
import { lookUp } from './lookup.ts';
import { findNode } from './node.ts';
import { findService } from './service.ts';

/** `web.1` for replicated services, `web.<node id>` for global ones, then the task's id, as swarm mode names tasks. */
export function taskName(task: TaskRow): string {
  return `${task.revision.spec.name}.${task.slot === 0 ? task.nodeId : task.slot}.${task.id}`;
}

/** @throws ShoalError `notFound`, `ambiguous` */
export function findTask(view: StoreView, ref: string): TaskRow {
  return lookUp(
    {
      kind: 'task',
      byId: (id) => view.task(asId<'task'>(id)),
      byName: (name) => namedTasks(view, name),
      all: () => view.tasks(),
      idOf: (row) => row.id,
    },
    ref,
  );
}

/** The id at the end of the name finds the task without a walk over all of them. */
function namedTasks(view: StoreView, name: string): TaskRow[] {
  const task = view.task(asId<'task'>(name.slice(name.lastIndexOf('.') + 1)));
  return task !== undefined && taskName(task) === name ? [task] : [];
}

const taskFilters = [
  'id',
  'name',
  'label',
  'service',
  'node',
  'desired-state',
  'runtime',
  '_up-to-date',
] as const;

const desiredStates: Readonly<Record<string, readonly TaskState[]>> = {
  running: [TaskState.running, TaskState.ready],
  shutdown: [TaskState.shutdown, TaskState.remove],
  accepted: [TaskState.accepted],
};

/** @throws ShoalError `notFound`, `ambiguous` for a service or node that a filter names */
export function filterTasks(view: StoreView, filters: Filters): TaskRow[] {
  checkFilters(filters, taskFilters);
  checkDesiredStates(filters);
  const nodeIds = (filters.get('node') ?? []).map((ref): string => findNode(view, ref).id);
  const upToDate = new UpToDate(view);
  const tasks: TaskRow[] = [];
  for (const task of candidates(view, filters)) {
    if (nodeIds.length > 0 && !nodeIds.includes(task.nodeId)) continue;
    if (matches(task, filters, upToDate)) tasks.push(task);
  }
  return tasks;
}

/** Services named by a filter are looked up, so that a client which polls one service costs that service's tasks only. */
function* candidates(view: StoreView, filters: Filters): Iterable<TaskRow> {
  const refs = filters.get('service');
  if (refs === undefined || refs.length === 0) {
    yield* view.tasks();
    return;
  }
  const seen = new Set<string>();
  for (const ref of refs) {
    const { id } = findService(view, ref);
    if (seen.has(id)) continue;
    seen.add(id);
    yield* view.tasksOfService(id);
  }
}

function matches(task: TaskRow, filters: Filters, upToDate: UpToDate): boolean {
  return (
    anyOf(filters, 'id', (value) => task.id.startsWith(value)) &&
    anyOf(filters, 'name', (value) => taskName(task).startsWith(value)) &&
    anyOf(
      filters,
      'desired-state',
      (value) => desiredStates[value]?.includes(task.desiredState) ?? false,
    ) &&
    anyOf(filters, 'runtime', (value) => value === 'container') &&
    anyOf(filters, '_up-to-date', (value) => value === String(upToDate.isSo(task))) &&
    labelsMatch(filters, 'label', task.revision.spec.labels)
  );
}

/** Tells whether a task runs what its service asks for now. Holds for one call. */
class UpToDate {
  readonly #view: StoreView;
  readonly #known = new Map<string, Freshness | undefined>();

  constructor(view: StoreView) {
    this.#view = view;
  }

  isSo(task: TaskRow): boolean {
    const freshness = this.#of(task.serviceId);
    return freshness !== undefined && !freshness.isStale(task);
  }

  #of(id: ServiceId): Freshness | undefined {
    if (this.#known.has(id)) return this.#known.get(id);
    const service = this.#view.service(id);
    const freshness = service === undefined ? undefined : new Freshness(this.#view, service);
    this.#known.set(id, freshness);
    return freshness;
  }
}

function checkDesiredStates(filters: Filters): void {
  for (const value of filters.get('desired-state') ?? []) {
    if (Object.hasOwn(desiredStates, value)) continue;
    throw new ShoalError('invalidArgument', `Invalid desired-state filter: '${value}'`, {
      fields: { field: 'filters', filter: 'desired-state', value },
    });
  }
}
