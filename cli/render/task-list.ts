import { humanAgo } from './age.ts';
import { renderTable } from './table.ts';
import { capitalize, compareNatural, familiarImage, shortId } from './text.ts';
import type { TaskView } from './views.ts';

const header = ['ID', 'NAME', 'IMAGE', 'NODE', 'DESIRED STATE', 'CURRENT STATE', 'ERROR', 'PORTS'];

/** Marks an earlier task of the slot in the line above. */
const historyIndent = String.raw` \_ `;

/** Characters of an error that the table shows unless asked for all. */
const errorLengthMax = 30;

/** Names that the ids in tasks stand for; an id without a name is shown itself. */
export interface TaskNames {
  readonly services: ReadonlyMap<string, string>;
  readonly nodes: ReadonlyMap<string, string>;
}

export interface TaskListOptions {
  /** Wall time, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Whether ids, digests and errors are shown whole. */
  readonly isWhole: boolean;
}

/** The table of `service ps`: by name, newest task first, earlier ones of a slot indented below it. */
export function renderTaskList(
  tasks: readonly TaskView[],
  names: TaskNames,
  options: TaskListOptions,
): string {
  let above = '';
  const rows = sortTasks(tasks, names).map((task) => {
    const name = taskName(task, names);
    const isHistory = name === above;
    above = name;
    return taskCells(task, { name: isHistory ? historyIndent + name : name, names, options });
  });
  return renderTable(header, rows);
}

/** The tasks in the order of the table. */
export function sortTasks(tasks: readonly TaskView[], names: TaskNames): readonly TaskView[] {
  return tasks.toSorted(
    (left, right) =>
      compareNatural(taskName(left, names), taskName(right, names)) ||
      right.createdMs - left.createdMs,
  );
}

/** `web.1`; for tasks that belong to a node `web.<node id>`. */
export function taskName(task: TaskView, names: TaskNames): string {
  const service = names.services.get(task.serviceId) ?? task.serviceId;
  return `${service}.${task.slot > 0 ? String(task.slot) : task.nodeId}`;
}

interface RowContext {
  readonly name: string;
  readonly names: TaskNames;
  readonly options: TaskListOptions;
}

function taskCells(task: TaskView, { name, names, options }: RowContext): readonly string[] {
  return [
    options.isWhole ? task.id : shortId(task.id),
    name,
    options.isWhole ? task.image : familiarImage(task.image),
    names.nodes.get(task.nodeId) ?? task.nodeId,
    capitalize(task.desiredState),
    stateText(task, options.nowMs),
    errorText(task.error, options.isWhole),
    task.ports.map(taskPortText).join(','),
  ];
}

function stateText(task: TaskView, nowMs: number): string {
  const state = capitalize(task.state);
  return task.changedMs === 0 ? state : `${state} ${humanAgo(task.changedMs, nowMs)}`;
}

function errorText(error: string, isWhole: boolean): string {
  if (error === '') return '';
  const isLong = !isWhole && error.length > errorLengthMax;
  return `"${isLong ? `${error.slice(0, errorLengthMax - 1)}…` : error}"`;
}

function taskPortText(port: TaskView['ports'][number]): string {
  return `*:${String(port.publishedPort)}->${String(port.targetPort)}/${port.protocol}`;
}
