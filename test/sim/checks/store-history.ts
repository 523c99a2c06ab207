import { createHash } from 'node:crypto';

import type { Manager } from '../../../manager/manager.ts';
import type { StoreEvent } from '../../../manager/store/events.ts';
import type { ServiceRow, TaskRow } from '../../../manager/store/rows.ts';
import type { StoreView } from '../../../manager/store/view.ts';
import { Facet, Table } from '../../../proto/gen/objects.ts';
import type { Trace } from '../trace.ts';
import { RolloutRules } from './rollout-rules.ts';
import { TaskRules, type Complain } from './task-rules.ts';

/** Field that holds the version of a facet. */
const versionField: Partial<Record<Facet, string>> = {
  [Facet.desired]: 'desiredVersion',
  [Facet.placement]: 'placementVersion',
  [Facet.network]: 'networkVersion',
  [Facet.status]: 'statusVersion',
  [Facet.lifecycle]: 'lifecycleVersion',
};

export interface HistoryParts {
  readonly trace: Trace;
  /** Told of rare things, by name. */
  readonly seen: (name: string) => void;
  readonly complain: Complain;
  /** False when clocks jump: then nothing is said about how long something took. */
  readonly isTimeTrue: boolean;
}

/**
 * Follows the store of every manager that the world has, from the first event it applies, and holds it to what all of them said before:
 * what was applied once was durable, so every later manager applies the very same.
 */
export class StoreHistory {
  readonly #complain: Complain;
  readonly #trace: Trace;
  readonly #seen: (name: string) => void;
  readonly #isTimeTrue: boolean;
  /** Digest of the events of each revision. */
  readonly #digests = new Map<number, string>();
  #newest = 0;
  #clusterMs = 0;
  #follower: Follower | undefined;

  constructor({ trace, seen, complain, isTimeTrue }: HistoryParts) {
    this.#trace = trace;
    this.#seen = seen;
    this.#complain = complain;
    this.#isTimeTrue = isTimeTrue;
  }

  /** Begins with a manager that has applied nothing yet. What an earlier one does from now on is its own affair. */
  follow(manager: Manager): void {
    this.#follower?.close();
    this.#follower = new Follower(manager, {
      complain: this.#complain,
      trace: this.#trace,
      seen: this.#seen,
      isTimeTrue: this.#isTimeTrue,
      done: (revision, digest) => {
        this.#done(revision, digest);
      },
    });
  }

  /** R8: a manager that serves knows everything that one before it had applied. */
  checkServing(view: StoreView): void {
    if (view.revision < this.#newest) {
      this.#complain('R8', `revision ${view.revision} is served, ${this.#newest} was applied`);
    }
    if (view.clusterMs < this.#clusterMs) this.#complain('R8', 'cluster time went back');
    this.#clusterMs = view.clusterMs;
  }

  #done(revision: number, digest: string): void {
    const known = this.#digests.get(revision);
    if (known !== undefined && known !== digest) {
      this.#complain('R10', `revision ${revision} was applied differently before`);
    }
    this.#digests.set(revision, digest);
    this.#newest = Math.max(this.#newest, revision);
  }
}

interface FollowerParts {
  readonly complain: Complain;
  readonly trace: Trace;
  readonly seen: (name: string) => void;
  readonly isTimeTrue: boolean;
  readonly done: (revision: number, digest: string) => void;
}

/** Reads the events of one manager's store. */
class Follower {
  readonly #parts: FollowerParts;
  readonly #rows = new Map<string, object>();
  #rollouts: RolloutRules;
  #rules: TaskRules;
  readonly close: () => void;

  constructor(manager: Manager, parts: FollowerParts) {
    this.#parts = parts;
    this.#rollouts = this.#newRollouts();
    this.#rules = this.#newRules();
    const watcher = manager.store.watch(undefined, () => {
      for (let take = watcher.take(); take.kind !== 'empty'; take = watcher.take()) {
        if (take.kind === 'events') this.#read(take.events);
        else this.#restart(manager.view);
      }
    });
    this.close = () => {
      watcher.close();
    };
  }

  #newRollouts(): RolloutRules {
    const { complain, seen, isTimeTrue } = this.#parts;
    return new RolloutRules(complain, seen, isTimeTrue);
  }

  #newRules(): TaskRules {
    const rollouts = this.#rollouts;
    return new TaskRules(this.#parts.complain, (serviceId) => rollouts.maySpareTwo(serviceId));
  }

  /** The state came from a snapshot: what there is now is where the model begins. */
  #restart(view: StoreView): void {
    const { revision } = view;
    this.#rows.clear();
    this.#rollouts = this.#newRollouts();
    this.#rules = this.#newRules();
    const add = (table: Table, rows: Iterable<{ readonly id: string }>): void => {
      for (const row of rows) {
        this.#rows.set(`${table}/${row.id}`, row);
        const event = { revision, table, key: row.id, kind: 'create' } as const;
        this.#rules.learn({ ...event, facets: [], before: undefined, after: row });
        this.#rollouts.learn({ ...event, facets: [], before: undefined, after: row });
      }
    };
    const cluster = view.cluster();
    const authority = view.authority();
    if (cluster !== undefined) this.#rows.set(`${Table.clusters}/${cluster.id}`, cluster);
    if (authority !== undefined) this.#rows.set(`${Table.authorities}/${authority.id}`, authority);
    add(Table.nodes, view.nodes());
    add(Table.networks, view.networks());
    add(Table.services, view.services());
    for (const service of view.services()) add(Table.tasks, view.tasksOfService(service.id));
    for (const id of view.servicesWithTasks()) {
      if (view.service(id) === undefined) add(Table.tasks, view.tasksOfService(id));
    }
    this.#parts.seen('manager started from a snapshot');
    this.#parts.trace.add('store', `snapshot of revision ${revision}`);
  }

  #read(events: readonly StoreEvent[]): void {
    let start = 0;
    while (start < events.length) {
      const revision = events[start]?.revision ?? 0;
      let end = start;
      while (events[end]?.revision === revision) end += 1;
      this.#readSet(revision, events.slice(start, end));
      start = end;
    }
  }

  #readSet(revision: number, events: readonly StoreEvent[]): void {
    const hash = createHash('sha256');
    for (const event of events) {
      this.#checkChain(event);
      this.#checkVersions(event);
      this.#rules.note(event);
      this.#rollouts.note(event);
      hash.update(`${event.table} ${event.key} ${event.kind} ${event.facets.join()} `);
      hash.update(JSON.stringify(event.after ?? null));
    }
    this.#rules.endOfSet();
    this.#rollouts.endOfSet();
    const digest = hash.digest('hex').slice(0, 12);
    this.#parts.trace.add('store', `rev ${revision} ${digest}: ${events.map(describe).join(', ')}`);
    this.#parts.done(revision, digest);
  }

  /** S2: each event begins where the last one of its row ended, so none is missing and none comes twice. */
  #checkChain({ table, key, before, after, revision }: StoreEvent): void {
    const name = `${table}/${key}`;
    if (this.#rows.get(name) !== before) {
      this.#parts.complain('S2', `revision ${revision} does not follow what was seen of ${name}`);
    }
    if (after === undefined) this.#rows.delete(name);
    else this.#rows.set(name, after);
  }

  /** S3: a facet that changed has the version of the set that changed it. */
  #checkVersions({ revision, facets, after, key }: StoreEvent): void {
    if (after === undefined) return;
    for (const facet of facets) {
      const field = versionField[facet];
      const version: unknown = field === undefined ? undefined : Reflect.get(after, field);
      if (typeof version === 'number' && version !== revision && version !== 0) {
        this.#parts.complain('S3', `${field} of ${key} is ${version} at revision ${revision}`);
      }
    }
  }
}

const tableNames = ['', 'cluster', 'node', 'service', 'task', 'network', 'authority'];

/** One change in few words; of a task also where it stands: wanted/reported@node. */
function describe({ table, key, kind, facets, before, after }: StoreEvent): string {
  const what = `${kind} ${tableNames[table]} ${key.slice(0, 6)} [${facets.join()}]`;
  if (table === Table.services) {
    const { lifecycle } = (after ?? before) as ServiceRow;
    return lifecycle === undefined ? what : `${what} "${lifecycle.message}"`;
  }
  if (table !== Table.tasks) return what;
  const task = (after ?? before) as TaskRow;
  return `${what} ${task.desiredState}/${task.reportedState}@${task.nodeId.slice(0, 4)}#${task.slot}`;
}
