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
  /** There is never more than one manager. */
  readonly isAlone: boolean;
  /** Takes each change once, in order. */
  readonly noted: (event: StoreEvent) => void;
}

/**
 * Follows the stores of all managers that the world has, each from the first event it applies, and holds them to what any of them said before: what
 * one has applied is what all apply, whether they died meanwhile or not.
 *
 * The rules look at each change once: as soon as the first manager has applied it.
 */
export class StoreHistory {
  readonly #parts: HistoryParts;
  readonly #rollouts: RolloutRules;
  readonly #rules: TaskRules;
  /** Digest of the events of each revision. */
  readonly #digests = new Map<number, string>();
  readonly #followers = new Map<string, Follower>();
  readonly #clusterMs = new Map<string, number>();
  #newest = 0;

  constructor(parts: HistoryParts) {
    const { complain, seen, isTimeTrue } = parts;
    this.#parts = parts;
    this.#rollouts = new RolloutRules(complain, seen, isTimeTrue);
    this.#rules = new TaskRules(complain, (id) => this.#rollouts.maySpareTwo(id));
  }

  /** Begins with a manager that has applied nothing yet. What an earlier one of that name does from now on is its own affair. */
  follow(name: string, manager: Manager): void {
    this.#followers.get(name)?.close();
    this.#clusterMs.delete(name);
    const { complain, trace, seen } = this.#parts;
    const read = (revision: number, events: readonly StoreEvent[]): void => {
      this.#read(name, revision, events);
    };
    const restarted = (revision: number): void => {
      seen('manager started from a snapshot');
      trace.add(name, `snapshot of revision ${revision}`);
      if (revision <= this.#newest) return;
      complain('R8', `${name} begins with revision ${revision}, ${this.#newest} was applied`);
    };
    this.#followers.set(name, new Follower(manager, { complain, read, restarted }));
  }

  /** R8: what a manager that serves had applied before stays; where there is no other it is everything that ever was. */
  checkServing(name: string, view: StoreView): void {
    if (this.#parts.isAlone && view.revision < this.#newest) {
      const { complain } = this.#parts;
      complain('R8', `revision ${view.revision} is served, ${this.#newest} was applied`);
    }
    if (view.clusterMs < (this.#clusterMs.get(name) ?? 0)) {
      this.#parts.complain('R8', 'cluster time went back');
    }
    this.#clusterMs.set(name, view.clusterMs);
  }

  #read(name: string, revision: number, events: readonly StoreEvent[]): void {
    const hash = createHash('sha256');
    for (const event of events) {
      hash.update(`${event.table} ${event.key} ${event.kind} ${event.facets.join()} `);
      hash.update(JSON.stringify(event.after ?? null));
    }
    const digest = hash.digest('hex').slice(0, 12);
    const known = this.#digests.get(revision);
    if (known !== undefined && known !== digest) {
      this.#parts.complain('R10', `${name} applied revision ${revision} as no other has`);
    }
    if (known !== undefined) return;
    this.#digests.set(revision, digest);
    this.#newest = Math.max(this.#newest, revision);
    for (const event of events) {
      this.#rules.note(event);
      this.#rollouts.note(event);
      this.#parts.noted(event);
    }
    this.#rules.endOfSet();
    this.#rollouts.endOfSet();
    const what = events.map(describe).join(', ');
    this.#parts.trace.add('store', `rev ${revision} ${digest} at ${name}: ${what}`);
  }
}

interface FollowerParts {
  readonly complain: Complain;
  /** Takes the events of one set. */
  readonly read: (revision: number, events: readonly StoreEvent[]) => void;
  /** The state came from a snapshot. */
  readonly restarted: (revision: number) => void;
}

/** Reads the events of one manager's store. */
class Follower {
  readonly #parts: FollowerParts;
  readonly #rows = new Map<string, object>();
  readonly close: () => void;

  constructor(manager: Manager, parts: FollowerParts) {
    this.#parts = parts;
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

  /** What there is now is where the model begins. */
  #restart(view: StoreView): void {
    this.#rows.clear();
    const add = (table: Table, rows: Iterable<{ readonly id: string }>): void => {
      for (const row of rows) this.#rows.set(`${table}/${row.id}`, row);
    };
    const cluster = view.cluster();
    const authority = view.authority();
    if (cluster !== undefined) this.#rows.set(`${Table.clusters}/${cluster.id}`, cluster);
    if (authority !== undefined) this.#rows.set(`${Table.authorities}/${authority.id}`, authority);
    add(Table.nodes, view.nodes());
    add(Table.networks, view.networks());
    add(Table.services, view.services());
    add(Table.tasks, view.tasks());
    this.#parts.restarted(view.revision);
  }

  #read(events: readonly StoreEvent[]): void {
    let start = 0;
    while (start < events.length) {
      const revision = events[start]?.revision ?? 0;
      let end = start;
      while (events[end]?.revision === revision) end += 1;
      const set = events.slice(start, end);
      for (const event of set) {
        this.#checkChain(event);
        this.#checkVersions(event);
      }
      this.#parts.read(revision, set);
      start = end;
    }
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
