import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { CallOptions, RpcChannel, RpcMethod } from '../../common/ports/rpc.ts';
import type { Op } from '../../proto/gen/changeset.ts';
import { placeholderId, type Decider, type Draft } from '../../manager/store/decider.ts';
import { standardDeciders } from '../../manager/manager.ts';
import { createOp } from '../../manager/store/ops.ts';
import type { NodeRow, TaskRow } from '../../manager/store/rows.ts';
import type { StoreView } from '../../manager/store/view.ts';
import { newReportStatusResponse } from '../../proto/gen/dispatcher.ts';
import {
  newNodeDescription,
  newTask,
  newTaskDesired,
  TaskState,
  UpdateState,
} from '../../proto/gen/objects.ts';
import {
  newUpdateConfig,
  NodeAvailability,
  UpdateOrder,
  type UpdateConfig,
} from '../../proto/gen/specs.ts';
import { override } from './override.ts';
import { plantedManagers } from './planted-managers.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';
import type { PlantedBug } from './planted-bug.ts';
import { noPlantedParts, type PlantedParts } from './planted-parts.ts';

/** Bugs that the simulator must find. Each is a wrong part given to production code, none an edit of it. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'an engine call that loses every stop and says that the container is gone',
    invariants: ['liveness', 'N1', 'N2', 'T7'],
    parts: () => ({ ...noPlantedParts, engine: losesStops }),
  },
  {
    name: 'a channel that drops one status report in four and says that it was taken',
    invariants: ['liveness'],
    parts: () => ({ ...noPlantedParts, channel: dropsReports }),
  },
  {
    name: 'a decider that now and then makes a second task for a slot',
    invariants: ['T3'],
    parts: () => ({ ...noPlantedParts, managerParts: { deciders: duplicatingDeciders } }),
  },
  {
    name: 'published ports that acknowledge endpoints and follow only the first',
    invariants: ['N2', 'N4'],
    parts: () => ({ ...noPlantedParts, publishedPorts: followsOnce }),
  },
  {
    name: 'published ports that acknowledge endpoints when they follow those before',
    invariants: ['N2', 'N4'],
    parts: () => ({ ...noPlantedParts, publishedPorts: followsLate }),
  },
  {
    name: 'an updater that forgets how many slots it may take',
    invariants: ['T7'],
    parts: () => withDecider('update', (decider) => onUpdates(decider, { parallelism: 0 })),
  },
  {
    name: 'an updater that stops first where it should start first',
    invariants: ['T7'],
    parts: () =>
      withDecider('update', (decider) => onUpdates(decider, { order: UpdateOrder.stopFirst })),
  },
  {
    name: 'an updater that does not wait for the old task to stop',
    invariants: ['T7'],
    parts: () => withDecider('update', startsAtOnce),
  },
  {
    name: 'a rollback that keeps the spec that failed',
    invariants: ['T7'],
    parts: () => withDecider('update', keepsSpec),
  },
  {
    name: 'an updater that says that it is over before it has begun',
    invariants: ['T7'],
    parts: () => withDecider('update', endsAtOnce),
  },
  {
    name: 'a restart that does not wait for its delay',
    invariants: ['RP'],
    parts: () => withDecider('restart', startsAtOnce),
  },
  {
    name: 'a global service that takes some nodes for paused',
    invariants: ['liveness'],
    parts: () => withDecider('global', (decider) => onNodes(decider, pausesSome)),
  },
  {
    name: 'a scheduler that takes every node for a large one',
    invariants: ['T8'],
    parts: () => withDecider('scheduler', (decider) => onNodes(decider, enlarge)),
  },
  {
    name: 'an engine that does not tell of containers which ended while nobody looked',
    invariants: ['liveness', 'N2'],
    faults: ['exitWhileAway', 'daemonKill', 'managerKill'],
    parts: () => ({ ...noPlantedParts, engine: hidesEnds }),
  },
  ...plantedManagers,
];

function losesStops(engine: EngineApi): EngineApi {
  return override(engine, {
    stopContainer: () => Promise.resolve(),
    removeContainer: () => Promise.resolve(),
  });
}

function dropsReports(channel: RpcChannel): RpcChannel {
  let reports = 0;
  const unary = async <Request, Response>(
    method: RpcMethod<Request, Response>,
    request: Request,
    options: CallOptions,
  ): Promise<Response> => {
    if (method.name.endsWith('/reportStatus')) {
      reports += 1;
      if (reports % 4 === 0) return newReportStatusResponse() as Response;
    }
    return await channel.unary(method, request, options);
  };
  return {
    unary,
    serverStream: (method, request, options) => channel.serverStream(method, request, options),
  };
}

function duplicatingDeciders(): readonly Decider[] {
  return standardDeciders().map((decider) =>
    decider.name === 'restart' ? duplicating(decider) : decider,
  );
}

/** Forgets, when a task ended, that its slot may have got another one already. */
function duplicating(decider: Decider): Decider {
  let decisions = 0;
  return override(decider, {
    decide: (view, key, now, budget) => {
      const decision = decider.decide(view, key, now, budget);
      decisions += 1;
      const [task] = [...view.tasksByDesiredState(TaskState.running)] as TaskRow[];
      if (decisions % 10 !== 0 || task === undefined) return decision;
      const twin = newTask({
        id: '',
        serviceId: task.serviceId,
        slot: task.slot,
        specVersion: task.revision.version,
        createdAtMs: now.clusterMs,
        desired: newTaskDesired({ state: TaskState.running }),
      });
      const ops = [createOp({ kind: 'task', value: { ...twin, id: placeholderId(0) } })];
      const draft = { reason: 'duplicate', reads: [], claims: [], ops };
      return { ...decision, sets: [...decision.sets, draft] };
    },
  });
}

function withDecider(name: string, change: (decider: Decider) => Decider): PlantedParts {
  const deciders = (): readonly Decider[] =>
    standardDeciders().map((decider) => (decider.name === name ? change(decider) : decider));
  return { ...noPlantedParts, managerParts: { deciders } };
}

/** Decides as if the services' updates were set otherwise. */
function onUpdates(decider: Decider, changes: Partial<UpdateConfig>): Decider {
  return override(decider, {
    decide: (view, key, now, budget) => {
      const service: StoreView['service'] = (id) => {
        const row = view.service(id);
        if (row === undefined) return undefined;
        const { spec } = row.current;
        const update = newUpdateConfig({ ...spec.update, ...changes });
        return { ...row, current: { ...row.current, spec: { ...spec, update } } };
      };
      return decider.decide(override(view, { service }), key, now, budget);
    },
  });
}

/** Decides as if the nodes were others. */
function onNodes(decider: Decider, change: (node: NodeRow) => NodeRow): Decider {
  return override(decider, {
    decide: (view, key, now, budget) => {
      const node: StoreView['node'] = (id) => {
        const row = view.node(id);
        return row === undefined ? undefined : change(row);
      };
      const nodes = (): readonly NodeRow[] => view.nodes().map(change);
      return decider.decide(override(view, { node, nodes }), key, now, budget);
    },
  });
}

function pausesSome(node: NodeRow): NodeRow {
  if (node.id.charCodeAt(0) % 2 === 0) return node;
  return { ...node, spec: { ...node.spec, availability: NodeAvailability.pause } };
}

function enlarge(node: NodeRow): NodeRow {
  const description = newNodeDescription({ ...node.status.description, memoryBytes: 2 ** 50 });
  return { ...node, status: { ...node.status, description } };
}

/** Changes what the decider's sets do. */
function onSets(decider: Decider, change: (draft: Draft) => Draft | undefined): Decider {
  return override(decider, {
    decide: (view, key, now, budget) => {
      const decision = decider.decide(view, key, now, budget);
      const sets = decision.sets.flatMap((draft) => change(draft) ?? []);
      return { ...decision, sets };
    },
  });
}

function startsAtOnce(decider: Decider): Decider {
  return onSets(decider, (draft) => ({ ...draft, ops: draft.ops.map(runAtOnce) }));
}

function runAtOnce(op: Op): Op {
  if (op.op?.kind !== 'create' || op.op.value.object?.kind !== 'task') return op;
  const task = op.op.value.object.value;
  const desired = newTaskDesired({ ...task.desired, state: TaskState.running, delayMs: 0 });
  return createOp({ kind: 'task', value: { ...task, desired } });
}

function keepsSpec(decider: Decider): Decider {
  const isSpec = ({ op }: Op): boolean =>
    op?.kind === 'put' && op.value.value?.kind === 'serviceSpec';
  return onSets(decider, (draft) => ({ ...draft, ops: draft.ops.filter((op) => !isSpec(op)) }));
}

function endsAtOnce(decider: Decider): Decider {
  return onSets(decider, (draft) => ({ ...draft, ops: draft.ops.map(completed) }));
}

function completed(op: Op): Op {
  if (op.op?.kind !== 'put' || op.op.value.value?.kind !== 'serviceLifecycle') return op;
  const status = op.op.value.value.value;
  const value = { ...status, updateState: UpdateState.completed };
  return {
    op: { ...op.op, value: { ...op.op.value, value: { kind: 'serviceLifecycle', value } } },
  };
}

/** What ended shows as running in lists and inspections, and events come only of what is heard at once. */
function hidesEnds(engine: EngineApi): EngineApi {
  return override(engine, {
    inspectContainer: async (container, signal) => {
      const details = await engine.inspectContainer(container, signal);
      const { State: state } = details;
      const isOver = state.Status === 'exited';
      return isOver ? { ...details, State: { ...state, Status: 'running', Pid: 1 } } : details;
    },
    listContainers: async (filters, signal) => {
      const found = await engine.listContainers(filters, signal);
      return found.map((one) => (one.State === 'exited' ? { ...one, State: 'running' } : one));
    },
  });
}

/** Applies what it was told before, until it is told something new. */
function followsLate(ports: PublishedPorts): PublishedPorts {
  let before: Parameters<PublishedPorts['apply']>[1] = [];
  return override(ports, {
    apply: async (version, wanted, signal) => {
      const sets = before;
      before = wanted;
      return await ports.apply(version, sets, signal);
    },
  });
}

function followsOnce(ports: PublishedPorts): PublishedPorts {
  let sets: Parameters<PublishedPorts['apply']>[1] | undefined;
  return override(ports, {
    apply: async (version, wanted, signal) => {
      if (sets === undefined && wanted.some(({ endpoints }) => endpoints.length > 0)) sets = wanted;
      return await ports.apply(version, sets ?? wanted, signal);
    },
  });
}
