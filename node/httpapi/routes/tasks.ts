import { limits } from '../../../common/pure/limits.ts';
import type {
  ClusterApi,
  NetworkView,
  RequestContext,
  TaskView,
} from '../../../common/ports/cluster-api.ts';
import type { TaskSpec } from '../../../proto/gen/specs.ts';
import { writeTaskSpec } from '../shapes/service-spec-writer.ts';
import { taskJson } from '../shapes/task.ts';
import { notSupportedYet } from '../../../proto/http/unsupported.ts';
import type { Call, Route, RouteHandler } from '../call.ts';
import type { Response } from '../http.ts';
import { listReply } from '../list-reply.ts';
import type { ApiParts } from '../parts.ts';
import { checkFilterWords, filtersParameter } from '../query.ts';
import { textReply } from '../reply.ts';

const filterKeys: ReadonlySet<string> = new Set([
  '_up-to-date',
  'desired-state',
  'id',
  'label',
  'name',
  'node',
  'runtime',
  'service',
]);

/** `/tasks` */
export function taskRoutes(parts: ApiParts): readonly Route[] {
  const { control } = parts;
  const writer = new TaskWriter();
  const route = (path: string, handle: RouteHandler): Route => ({
    method: 'GET',
    path,
    handle,
    deadlineMs: limits.apiRequestMs,
  });
  return [
    route('/tasks', async (call) => await listTasks(parts, writer, call)),
    route('/tasks/:id', async ({ params, context }) => {
      const api = control.cluster();
      const task = await api.getTask(context, params['id'] ?? '');
      const networkOf = await networkLookup(api, context, [task]);
      return textReply(200, writer.write(task, networkOf));
    }),
    route('/tasks/:id/logs', async ({ params, context }) => {
      await control.cluster().getTask(context, params['id'] ?? '');
      throw notSupportedYet('reading the logs of a task');
    }),
  ];
}

async function listTasks(
  { control, clock }: ApiParts,
  writer: TaskWriter,
  { request, context }: Call,
): Promise<Response> {
  const filters = filtersParameter(request.query, filterKeys);
  checkFilterWords(filters, 'desired-state', ['running', 'shutdown', 'accepted']);
  const api = control.cluster();
  const tasks = await api.listTasks(context, filters);
  const networkOf = await networkLookup(api, context, tasks);
  return listReply(tasks, (task) => writer.write(task, networkOf), {
    clock,
    signal: request.signal,
  });
}

type NetworkLookup = (id: string) => NetworkView | undefined;

async function networkLookup(
  api: ClusterApi,
  context: RequestContext,
  tasks: readonly TaskView[],
): Promise<NetworkLookup> {
  if (tasks.every((task) => task.addresses.length === 0)) return () => undefined;
  const networks = await api.listNetworks(context);
  const byId = new Map(networks.map((network) => [network.meta.id, network]));
  return (id) => byId.get(id);
}

/** Writes tasks; the text of a spec is kept as long as the spec itself, because many tasks share one and clients ask five times a second. */
class TaskWriter {
  readonly #specs = new WeakMap<TaskSpec, string>();

  write(task: TaskView, networkOf: NetworkLookup): string {
    return taskJson(task, this.#specJson(task.spec), networkOf);
  }

  #specJson(spec: TaskSpec): string {
    const known = this.#specs.get(spec);
    if (known !== undefined) return known;
    const text = JSON.stringify(writeTaskSpec(spec));
    this.#specs.set(spec, text);
    return text;
  }
}
