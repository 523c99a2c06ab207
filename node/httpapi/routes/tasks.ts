import { limits } from '../../../common/pure/limits.ts';
import type {
  ClusterApi,
  NetworkView,
  RequestContext,
  TaskView,
} from '../../../common/ports/cluster-api.ts';
import type { TaskSpec } from '../../../proto/gen/specs.ts';
import { writeTaskSpec } from '../shapes/service-spec-writer.ts';
import { attachedNetworkJson, taskJson } from '../shapes/task.ts';
import type { Call, Route, RouteHandler } from '../call.ts';
import type { Response } from '../http.ts';
import type { ListReplies } from '../list-reply.ts';
import { logReply } from '../log-stream.ts';
import { Pace } from '../pace.ts';
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
export function taskRoutes(parts: ApiParts, replies: ListReplies): readonly Route[] {
  const { control } = parts;
  const lists: Lists = {
    replies,
    writer: new TaskWriter(),
    waiting: new Pace({
      clock: parts.clock,
      perSecond: limits.waitingLooks,
      waitMsMax: limits.waitingLookMsMax,
    }),
  };
  const route = (path: string, handle: RouteHandler): Route => ({
    method: 'GET',
    path,
    handle,
    deadlineMs: limits.apiRequestMs,
  });
  return [
    route('/tasks', async (call) => await listTasks(parts, lists, call)),
    route('/tasks/:id', async ({ params, context }) => {
      const api = control.cluster();
      const task = await api.getTask(context, params['id'] ?? '');
      const networkJson = await networkTexts(api, context, [task]);
      return textReply(200, lists.writer.write(task, networkJson));
    }),
    {
      method: 'GET',
      path: '/tasks/:id/logs',
      deadlineMs: undefined,
      handle: async (call) => await readLogs(parts, call),
    },
  ];
}

async function readLogs(parts: ApiParts, call: Call): Promise<Response> {
  return await logReply(parts, call, 'task', async (context) => {
    const api = parts.control.cluster();
    const { meta, spec } = await api.getTask(context, call.params['id'] ?? '');
    return { id: meta.id, tty: spec.container?.tty === true };
  });
}

/** What all lists share. */
interface Lists {
  readonly replies: ListReplies;
  readonly writer: TaskWriter;
  readonly waiting: Pace;
}

async function listTasks(
  { control }: ApiParts,
  { replies, writer, waiting }: Lists,
  { request, context }: Call,
): Promise<Response> {
  const filters = filtersParameter(request.query, filterKeys);
  checkFilterWords(filters, 'desired-state', ['running', 'shutdown', 'accepted']);
  // Only clients that wait for a service ask so, each five times a second for as long as it takes.
  if (filters.has('_up-to-date')) await waiting.pass(context.signal);
  const api = control.cluster();
  const tasks = await api.listTasks(context, filters);
  const networkJson = await networkTexts(api, context, tasks);
  return replies.reply(tasks, (task) => writer.write(task, networkJson), request.signal);
}

/** The network of an id as JSON. */
type NetworkJson = (id: string) => string;

async function networkTexts(
  api: ClusterApi,
  context: RequestContext,
  tasks: Iterable<TaskView>,
): Promise<NetworkJson> {
  const hasAddresses = hasAny(tasks, (task) => task.addresses.length > 0);
  const networks = hasAddresses ? await api.listNetworks(context) : [];
  const byId = new Map<string, NetworkView>(networks.map((network) => [network.meta.id, network]));
  const texts = new Map<string, string>();
  return (id) => {
    const known = texts.get(id);
    if (known !== undefined) return known;
    const text = attachedNetworkJson(id, byId.get(id));
    texts.set(id, text);
    return text;
  };
}

function hasAny<Item>(items: Iterable<Item>, isIt: (item: Item) => boolean): boolean {
  for (const item of items) if (isIt(item)) return true;
  return false;
}

/** Writes tasks; the text of a spec is kept as long as the spec itself, because many tasks share one and clients ask five times a second. */
class TaskWriter {
  readonly #specs = new WeakMap<TaskSpec, string>();

  write(task: TaskView, networkJson: NetworkJson): string {
    return taskJson(task, this.#specJson(task.spec), networkJson);
  }

  #specJson(spec: TaskSpec): string {
    const known = this.#specs.get(spec);
    if (known !== undefined) return known;
    const text = JSON.stringify(writeTaskSpec(spec));
    this.#specs.set(spec, text);
    return text;
  }
}
