import type { ClusterEvent } from '../../common/ports/cluster-api.ts';
import {
  Facet,
  nodeStateName,
  Table,
  taskStateName,
  UpdateState,
  type ServiceLifecycle,
} from '../../proto/gen/objects.ts';
import { nodeAvailabilityName, NodeRole } from '../../proto/gen/specs.ts';
import type { StoreEvent } from '../store/events.ts';
import type { NetworkRow, NodeRow, ServiceRow, TaskRow } from '../store/rows.ts';
import { taskState } from '../store/task-state.ts';
import { shownStatus } from './node-status.ts';
import { taskName } from './task.ts';

const actions = { create: 'create', update: 'update', delete: 'remove' } as const;

/**
 * A change of a row as `/events` of scope swarm shows it, or undefined when nobody but Shoal needs to know.
 *
 * Attributes are swarm mode's; events of type `task` are Shoal's own (swarm mode has none, so that proxies have to poll).
 */
export function clusterEvent(event: StoreEvent, clusterMs: number): ClusterEvent | undefined {
  const attributes = new Map<string, string>();
  const type = describe(event, attributes);
  if (type === undefined || !isShown(event, attributes)) return undefined;
  return { type, action: actions[event.kind], id: event.key, attributes, timeMs: clusterMs };
}

/** What users wrote is shown whatever it was; what Shoal noted is when it can be seen. The name is always there. */
function isShown(event: StoreEvent, attributes: ReadonlyMap<string, string>): boolean {
  return event.kind !== 'update' || attributes.size > 1 || event.facets.includes(Facet.spec);
}

function describe(
  { table, before, after }: StoreEvent,
  attributes: Map<string, string>,
): ClusterEvent['type'] | undefined {
  switch (table) {
    case Table.services:
      describeService(before as Maybe<ServiceRow>, after as Maybe<ServiceRow>, attributes);
      return 'service';
    case Table.nodes:
      describeNode(before as Maybe<NodeRow>, after as Maybe<NodeRow>, attributes);
      return 'node';
    case Table.networks:
      attributes.set('name', ((after ?? before) as Maybe<NetworkRow>)?.spec.name ?? '');
      return 'network';
    case Table.tasks:
      describeTask(before as Maybe<TaskRow>, after as Maybe<TaskRow>, attributes);
      return 'task';
    case Table.clusters:
    case Table.authorities:
    case Table.tableUnspecified:
      return undefined;
  }
}

type Maybe<Row> = Row | undefined;

/** Sets `name.old` and `name.new` where a value changed. */
function noteChange(
  attributes: Map<string, string>,
  name: string,
  before: string | undefined,
  after: string | undefined,
): void {
  if (before === undefined || after === undefined || before === after) return;
  attributes.set(`${name}.old`, before);
  attributes.set(`${name}.new`, after);
}

function describeService(
  before: ServiceRow | undefined,
  after: ServiceRow | undefined,
  attributes: Map<string, string>,
): void {
  attributes.set('name', (after ?? before)?.current.spec.name ?? '');
  noteChange(attributes, 'replicas', replicas(before), replicas(after));
  noteChange(
    attributes,
    'image',
    before?.current.spec.task?.container?.image,
    after?.current.spec.task?.container?.image,
  );
  const [old, now] = [before?.lifecycle, after?.lifecycle].map(updateStateWord);
  if (before === undefined || now === undefined || old === now) return;
  if (old !== undefined) attributes.set('updatestate.old', old);
  attributes.set('updatestate.new', now);
}

function updateStateWord(status: ServiceLifecycle | undefined): string | undefined {
  return status && updateStateWords[status.updateState];
}

/** As swarm mode has them in events. */
const updateStateWords: Readonly<Partial<Record<UpdateState, string>>> = {
  [UpdateState.updating]: 'updating',
  [UpdateState.paused]: 'paused',
  [UpdateState.completed]: 'completed',
  [UpdateState.rollbackStarted]: 'rollback_started',
  [UpdateState.rollbackPaused]: 'rollback_paused',
  [UpdateState.rollbackCompleted]: 'rollback_completed',
};

function replicas(row: ServiceRow | undefined): string | undefined {
  const mode = row?.current.spec.mode?.mode;
  return mode?.kind === 'replicated' ? String(mode.value.replicas) : undefined;
}

function describeNode(
  before: NodeRow | undefined,
  after: NodeRow | undefined,
  attributes: Map<string, string>,
): void {
  attributes.set('name', (after ?? before)?.status.description?.hostname ?? '');
  noteChange(attributes, 'state', stateWord(before), stateWord(after));
  noteChange(attributes, 'availability', availabilityWord(before), availabilityWord(after));
  noteChange(attributes, 'role', roleWord(before), roleWord(after));
}

function stateWord(row: NodeRow | undefined): string | undefined {
  if (row === undefined) return undefined;
  return nodeStateName(shownStatus(row.status).state).replace(/^node/, '').toLowerCase();
}

function availabilityWord(row: NodeRow | undefined): string | undefined {
  return row === undefined ? undefined : nodeAvailabilityName(row.spec.availability);
}

function roleWord(row: NodeRow | undefined): string | undefined {
  if (row === undefined) return undefined;
  return row.spec.role === NodeRole.manager ? 'manager' : 'worker';
}

function describeTask(
  before: TaskRow | undefined,
  after: TaskRow | undefined,
  attributes: Map<string, string>,
): void {
  const task = after ?? before;
  if (task === undefined) return;
  attributes.set('name', taskName(task));
  if (before !== undefined && after !== undefined) {
    noteChange(
      attributes,
      'state',
      taskStateName(taskState(before)),
      taskStateName(taskState(after)),
    );
    noteChange(
      attributes,
      'desiredstate',
      taskStateName(before.desiredState),
      taskStateName(after.desiredState),
    );
    if (attributes.size === 1) return;
  }
  attributes.set('service', task.serviceId);
  attributes.set('node', task.nodeId);
}
