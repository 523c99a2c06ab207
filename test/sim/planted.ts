import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { CallOptions, RpcChannel, RpcMethod } from '../../common/ports/rpc.ts';
import { placeholderId, type Decider } from '../../manager/store/decider.ts';
import { standardDeciders } from '../../manager/manager.ts';
import { createOp } from '../../manager/store/ops.ts';
import type { TaskRow } from '../../manager/store/rows.ts';
import { newReportStatusResponse } from '../../proto/gen/dispatcher.ts';
import { newTask, newTaskDesired, TaskState } from '../../proto/gen/objects.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';
import { noPlantedParts, type PlantedParts } from './planted-parts.ts';

/** A wrong part, and the invariants by which the simulator may notice it. */
export interface PlantedBug {
  readonly name: string;
  readonly invariants: readonly string[];
  readonly parts: () => PlantedParts;
}

/** Bugs that the simulator must find. Each is a wrong part given to production code, none an edit of it. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'an engine call that loses every stop and says that the container is gone',
    invariants: ['liveness', 'N1', 'N2'],
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
    invariants: ['N2'],
    parts: () => ({ ...noPlantedParts, publishedPorts: followsOnce }),
  },
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

function followsOnce(ports: PublishedPorts): PublishedPorts {
  let sets: Parameters<PublishedPorts['apply']>[1] | undefined;
  return override(ports, {
    apply: async (version, wanted, signal) => {
      if (sets === undefined && wanted.some(({ endpoints }) => endpoints.length > 0)) sets = wanted;
      return await ports.apply(version, sets ?? wanted, signal);
    },
  });
}

/** `part` with some of its methods replaced; the others work on `part` itself. */
function override<Part extends object>(part: Part, methods: Partial<Part>): Part {
  return new Proxy(part, {
    get: (target, name): unknown => {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
