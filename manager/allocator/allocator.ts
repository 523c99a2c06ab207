import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import {
  noDecision,
  type Budget,
  type DecideTime,
  type Decider,
  type Decision,
} from '../store/decider.ts';
import type { StoreEvent } from '../store/events.ts';
import type { ServiceRow, TaskRow } from '../store/rows.ts';
import { isOver } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { AddressPool } from './address-pool.ts';
import { AllocationIndex } from './allocation-index.ts';
import { endpointDraft, releaseDrafts, subnetDraft } from './drafts.ts';
import { planEndpoint } from './plan-endpoint.ts';
import { planSubnet } from './plan-subnet.ts';
import { planTasks } from './plan-tasks.ts';

/**
 * Gives networks their subnet, services their published ports and virtual addresses, and tasks their addresses.
 *
 * Writes the network facet only. What cannot be had becomes the facet's error, and is tried again when something is
 * given back.
 */
export class Allocator implements Decider {
  readonly name = 'allocator';
  readonly follower: AllocationIndex = new AllocationIndex();

  keysOf(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.table === Table.services) return this.#keysOfService(event, view);
    if (event.table === Table.tasks) return this.#keysOfTask(event, view);
    if (event.table !== Table.networks) return [];
    return [`network/${event.key}`, ...this.#starved(view)];
  }

  *allKeys(view: StoreView): Iterable<string> {
    for (const network of view.networks()) yield `network/${network.id}`;
    for (const service of view.services()) yield `service/${service.id}`;
  }

  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision {
    const [kind, id = ''] = key.split('/');
    if (kind === 'network') return decideNetwork(view, id);
    if (kind !== 'service') return noDecision;
    const index = this.follower.covers(view) ? this.follower : AllocationIndex.of(view);
    if (index.hasReleasable) return release(view, index, budget);
    const service = view.service(asId<'service'>(id));
    if (service === undefined) return noDecision;
    return decideService({ view, index, service }, now, budget);
  }

  #keysOfService(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.kind === 'delete') return this.#starved(view);
    const isNews = event.kind === 'create' || event.facets.includes(Facet.spec);
    return isNews ? [`service/${event.key}`] : [];
  }

  #keysOfTask(event: StoreEvent, view: StoreView): readonly string[] {
    const task = (event.after ?? event.before) as TaskRow | undefined;
    if (task === undefined) return [];
    if (event.kind === 'create') return [`service/${task.serviceId}`];
    if (!isOver(task) && event.kind !== 'delete') return [];
    if (task.addresses.length === 0) return [];
    return [`service/${task.serviceId}`, ...this.#starved(view)];
  }

  /** Keys of services for which something could not be had. */
  #starved(view: StoreView): string[] {
    const keys: string[] = [];
    for (const service of view.services()) {
      if ((service.endpoint?.error ?? '') !== '') keys.push(`service/${service.id}`);
    }
    if (this.follower.covers(view)) {
      for (const id of this.follower.waitingServices) keys.push(`service/${id}`);
    }
    return keys;
  }
}

function decideNetwork(view: StoreView, id: string): Decision {
  const network = view.network(asId<'network'>(id));
  if (network === undefined || (network.allocation?.subnet ?? '') !== '') return noDecision;
  const allocation = planSubnet(view, network);
  if (allocation.error !== '' && allocation.error === network.allocation?.error) return noDecision;
  return { ...noDecision, sets: [subnetDraft(network, allocation)] };
}

/** What is given back is seen by the next call: what waits for it is then decided with it. */
function release(view: StoreView, index: AllocationIndex, budget: Budget): Decision {
  const tasks: TaskRow[] = [];
  for (const id of index.releasable) {
    const task = view.task(asId<'task'>(id));
    if (task !== undefined) tasks.push(task);
    if (!budget.spend(1) && tasks.length >= limits.deciderChunkOps) break;
  }
  return { sets: releaseDrafts(view, tasks), wakeAtMs: undefined, more: true };
}

interface ServiceScope {
  readonly view: StoreView;
  readonly index: AllocationIndex;
  readonly service: ServiceRow;
}

function decideService(scope: ServiceScope, now: DecideTime, budget: Budget): Decision {
  const { view, index, service } = scope;
  const pool = new AddressPool(view, (networkId) => index.lastGiven(networkId));
  const plan = planEndpoint(view, service, pool);
  const endpointSets = plan.isChanged ? [endpointDraft(service, plan)] : [];
  const waiting: TaskRow[] = [];
  for (const id of index.waitingOf(service.id)) {
    const task = view.task(asId<'task'>(id));
    if (task !== undefined) waiting.push(task);
  }
  const tasks = planTasks({ view, pool, waiting, refusal: plan.endpoint.error }, now, budget);
  return { sets: [...endpointSets, ...tasks.sets], wakeAtMs: undefined, more: tasks.more };
}
