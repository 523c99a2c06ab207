import { limits } from '../../../common/pure/limits.ts';
import { JsonFields } from '../../../proto/http/json-fields.ts';
import { readNodeSpec, writeNode } from '../shapes/node.ts';
import { readJsonBody } from '../body.ts';
import type { Route, RouteHandler } from '../call.ts';
import type { ListReplies } from '../list-reply.ts';
import type { ApiParts } from '../parts.ts';
import { checkFilterWords, filtersParameter, flagParameter, versionParameter } from '../query.ts';
import { emptyReply, jsonReply } from '../reply.ts';

const filterKeys: ReadonlySet<string> = new Set([
  'id',
  'label',
  'membership',
  'name',
  'node.label',
  'role',
]);

/** `/nodes` */
export function nodeRoutes({ control }: ApiParts, lists: ListReplies): readonly Route[] {
  const route = (method: Route['method'], path: string, handle: RouteHandler): Route => ({
    method,
    path,
    handle,
    deadlineMs: limits.apiRequestMs,
  });
  return [
    route('GET', '/nodes', async ({ request, context }) => {
      const filters = filtersParameter(request.query, filterKeys);
      checkFilterWords(filters, 'role', ['manager', 'worker']);
      checkFilterWords(filters, 'membership', ['accepted', 'pending']);
      const nodes = await control.cluster().listNodes(context, filters);
      return lists.reply(nodes, (node) => JSON.stringify(writeNode(node)), request.signal);
    }),
    route('GET', '/nodes/:id', async ({ params, context }) => {
      const node = await control.cluster().getNode(context, params['id'] ?? '');
      return jsonReply(200, writeNode(node));
    }),
    route('POST', '/nodes/:id/update', async (call) => {
      const spec = readNodeSpec(new JsonFields(await readJsonBody(call)));
      const version = versionParameter(call.request.query, 'node');
      const api = control.cluster();
      await api.updateNode(call.context, call.params['id'] ?? '', version, spec);
      return emptyReply(200);
    }),
    route('DELETE', '/nodes/:id', async ({ request, params, context }) => {
      const force = flagParameter(request.query, 'force');
      await control.cluster().removeNode(context, params['id'] ?? '', force);
      return emptyReply(200);
    }),
  ];
}
