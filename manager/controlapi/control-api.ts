import { ShoalError } from '../../common/pure/errors.ts';
import type { ServiceId, SetId } from '../../common/pure/ids.ts';
import type {
  ClusterApi,
  ClusterView,
  Filters,
  JoinTokens,
  LogMessage,
  LogOptions,
  LogSelector,
  NetworkView,
  NodeView,
  RequestContext,
  RowList,
  ServiceUpdateOptions,
  ServiceView,
  TaskView,
} from '../../common/ports/cluster-api.ts';
import type { ClusterSpec, NodeSpec, ServiceSpec } from '../../proto/gen/specs.ts';
import type { LogBroker } from '../logbroker/log-broker.ts';
import type { LogTarget } from '../logbroker/log-reader.ts';
import type { ProposerPort } from '../proposer/port.ts';
import type { ClusterRow, NodeRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { updateClusterChange } from './cluster.ts';
import { findNetwork } from './network.ts';
import { filterNodes, findNode, removeNodeChange, updateNodeChange } from './node.ts';
import {
  createServiceChange,
  filterServices,
  findService,
  removeServiceChange,
} from './service.ts';
import { ViewList } from './row-list.ts';
import { updateServiceChange, type ServiceUpdate } from './service-update.ts';
import { submitAnyway, submitChange } from './submit.ts';
import { taskView } from './task-view.ts';
import { filterTasks, findTask } from './task.ts';
import { clusterView, networkView, nodeView, serviceView, type ManagersView } from './views.ts';

export interface ControlApiParts {
  readonly proposer: ProposerPort;
  readonly logs: Pick<LogBroker, 'read'>;
  /** Id of the node that leads, as this manager knows it; empty when nobody does. */
  readonly leaderNodeId: () => string;
  /** True when a manager answers others, as far as this one knows. */
  readonly isReachable: (row: NodeRow) => boolean;
  /** True when the managers that are left without this one, and answer, are a quorum. */
  readonly canGo: (row: NodeRow) => boolean;
  readonly newSetId: () => SetId;
  readonly newServiceId: () => ServiceId;
  /** Why nobody may change anything but by removing, if that is so. */
  readonly refusal?: () => ShoalError | undefined;
}

/** The use cases of the API on one manager: each reads behind a barrier, or computes one change set and submits it. */
export class ControlApi implements ClusterApi {
  readonly #parts: ControlApiParts;

  constructor(parts: ControlApiParts) {
    this.#parts = parts;
  }

  getCluster(context: RequestContext): Promise<ClusterView> {
    return this.#read(context, (view) => clusterView(requireCluster(view)));
  }

  getJoinTokens(context: RequestContext): Promise<JoinTokens> {
    return this.#read(context, (view) => {
      const keys = view.authority()?.keys;
      if (keys === undefined) throw new ShoalError('notFound', 'the cluster has no authority');
      return { worker: keys.workerJoinToken, manager: keys.managerJoinToken };
    });
  }

  updateCluster(context: RequestContext, version: number, spec: ClusterSpec): Promise<void> {
    return submitChange(this.#parts, context, (view) =>
      updateClusterChange(requireCluster(view), version, spec),
    );
  }

  listNodes(context: RequestContext, filters: Filters): Promise<RowList<NodeView>> {
    return this.#read(context, (view) => {
      const managers = this.#managers();
      return new ViewList(filterNodes(view, filters), (row) => nodeView(row, managers));
    });
  }

  getNode(context: RequestContext, ref: string): Promise<NodeView> {
    return this.#read(context, (view) => nodeView(findNode(view, ref), this.#managers()));
  }

  #managers(): ManagersView {
    const { leaderNodeId, isReachable } = this.#parts;
    return { leaderId: leaderNodeId(), isReachable };
  }

  updateNode(context: RequestContext, ref: string, version: number, spec: NodeSpec): Promise<void> {
    return submitChange(this.#parts, context, (view) =>
      updateNodeChange(view, ref, { version, spec }, this.#parts.canGo),
    );
  }

  removeNode(context: RequestContext, ref: string, force: boolean): Promise<void> {
    return submitAnyway(this.#parts, context, (view) => removeNodeChange(view, ref, force));
  }

  async createService(
    context: RequestContext,
    spec: ServiceSpec,
  ): Promise<{ readonly id: string; readonly warnings: readonly string[] }> {
    const serviceId = this.#parts.newServiceId();
    const id = await submitChange(this.#parts, context, (view) =>
      createServiceChange(view, serviceId, spec),
    );
    return { id, warnings: [] };
  }

  listServices(
    context: RequestContext,
    filters: Filters,
    withStatus: boolean,
  ): Promise<RowList<ServiceView>> {
    return this.#read(context, (view) => {
      const rows = filterServices(view, filters).map((row) => ({
        row,
        tasks: withStatus ? view.tasksOfService(row.id) : undefined,
      }));
      return new ViewList(rows, ({ row, tasks }) => serviceView(row, tasks));
    });
  }

  getService(context: RequestContext, ref: string): Promise<ServiceView> {
    return this.#read(context, (view) => serviceView(findService(view, ref), undefined));
  }

  async updateService(
    context: RequestContext,
    ref: string,
    version: number,
    spec: ServiceSpec,
    options?: ServiceUpdateOptions,
  ): Promise<{ readonly warnings: readonly string[] }> {
    const update: ServiceUpdate =
      options?.rollback === true ? { kind: 'rollback' } : { kind: 'spec', spec };
    await submitChange(this.#parts, context, (view) =>
      updateServiceChange(view, ref, version, update),
    );
    return { warnings: [] };
  }

  removeService(context: RequestContext, ref: string): Promise<void> {
    return submitAnyway(this.#parts, context, (view) => removeServiceChange(view, ref));
  }

  listTasks(context: RequestContext, filters: Filters): Promise<RowList<TaskView>> {
    return this.#read(context, (view) => new ViewList(filterTasks(view, filters), taskView));
  }

  getTask(context: RequestContext, ref: string): Promise<TaskView> {
    return this.#read(context, (view) => taskView(findTask(view, ref)));
  }

  listNetworks(context: RequestContext): Promise<readonly NetworkView[]> {
    return this.#read(context, (view) => view.networks().map(networkView));
  }

  getNetwork(context: RequestContext, ref: string): Promise<NetworkView> {
    return this.#read(context, (view) => networkView(findNetwork(view, ref)));
  }

  async *logs(
    context: RequestContext,
    selector: LogSelector,
    options: LogOptions,
  ): AsyncIterable<readonly LogMessage[]> {
    const target = await this.#read(context, (view) => logTarget(view, selector));
    yield* this.#parts.logs.read(target, options, context.signal);
  }

  async #read<Result>(context: RequestContext, read: (view: StoreView) => Result): Promise<Result> {
    await this.#parts.proposer.barrier(context.signal);
    return read(this.#parts.proposer.view);
  }
}

function logTarget(view: StoreView, { kind, ref }: LogSelector): LogTarget {
  if (kind === 'service') return { kind, id: findService(view, ref).id };
  return { kind, id: findTask(view, ref).id };
}

function requireCluster(view: StoreView): ClusterRow {
  const row = view.cluster();
  if (row === undefined)
    throw new ShoalError('notFound', 'cluster not found', { fields: { kind: 'cluster', ref: '' } });
  return row;
}
