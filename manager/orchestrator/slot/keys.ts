import { asId, type ServiceId } from '../../../common/pure/ids.ts';
import type { TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';
import { slotIdOf, type SlotId } from './slot.ts';

/** A scope of the orchestrators: a service, or one slot of it. */
export type ScopeKey =
  | { readonly kind: 'service'; readonly serviceId: ServiceId }
  | { readonly kind: 'slot'; readonly serviceId: ServiceId; readonly slot: SlotId };

/** The key of a whole service. */
export function serviceKey(serviceId: string): string {
  return `service/${serviceId}`;
}

/** The key of the slot that `task` stands in: its work costs the same however large the service is. */
export function slotKeyOf(task: TaskRow): string {
  const { number, nodeId } = slotIdOf(task);
  const key = `slot/${task.serviceId}/${number}`;
  return number === 0 ? `${key}/${nodeId}` : key;
}

/** Reads a key that `serviceKey` or `slotKeyOf` made; undefined for any other. */
export function parseKey(key: string): ScopeKey | undefined {
  const [kind, id, number, nodeId = ''] = key.split('/');
  if (id === undefined) return undefined;
  if (kind === 'service') return { kind, serviceId: asId<'service'>(id) };
  if (kind !== 'slot' || number === undefined) return undefined;
  const slot = { number: Number(number), nodeId: asId<'node'>(nodeId) };
  return { kind, serviceId: asId<'service'>(id), slot };
}

/** Keys of all services, those included of which only tasks are left. */
export function* allServiceKeys(view: StoreView): Generator<string> {
  for (const service of view.services()) yield serviceKey(service.id);
  for (const serviceId of view.servicesWithTasks()) {
    if (view.service(serviceId) === undefined) yield serviceKey(serviceId);
  }
}

/** Keys of all slots that hold a task. */
export function* allSlotKeys(view: StoreView): Generator<string> {
  for (const serviceId of view.servicesWithTasks()) {
    yield* slotKeysOf(view.tasksOfService(serviceId));
  }
}

/** Keys of the slots that `tasks` stand in, each once, made as they are asked for. */
export function* slotKeysOf(tasks: readonly TaskRow[]): Generator<string> {
  const given = new Set<string>();
  for (const task of tasks) {
    const key = slotKeyOf(task);
    if (given.has(key)) continue;
    given.add(key);
    yield key;
  }
}
