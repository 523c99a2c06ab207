import { ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { notSupportedYet } from '../../../proto/http/unsupported.ts';
import type { Route, RouteHandler } from '../call.ts';
import type { ApiParts } from '../parts.ts';
import { filtersParameter } from '../query.ts';
import { jsonReply } from '../reply.ts';

const filterKeys: ReadonlySet<string> = new Set(['id', 'label', 'name', 'names']);

/** `/secrets` and `/configs`: there are none yet, which clients may ask about and not change. */
export function secretRoutes(parts: ApiParts): readonly Route[] {
  return [...routesOf(parts, 'secret'), ...routesOf(parts, 'config')];
}

function routesOf({ control }: ApiParts, kind: 'secret' | 'config'): readonly Route[] {
  const route = (method: Route['method'], path: string, handle: RouteHandler): Route => ({
    method,
    path: `/${kind}s${path}`,
    handle,
    deadlineMs: limits.apiRequestMs,
  });
  const notFound: RouteHandler = async ({ params, context }) => {
    await control.cluster().getCluster(context);
    throw new ShoalError('notFound', `${kind} not found`, {
      fields: { kind, ref: params['id'] ?? '' },
    });
  };
  return [
    route('GET', '', async ({ request, context }) => {
      filtersParameter(request.query, filterKeys);
      await control.cluster().getCluster(context);
      return jsonReply(200, []);
    }),
    route('POST', '/create', async ({ context }) => {
      await control.cluster().getCluster(context);
      throw notSupportedYet(`creating a ${kind}`);
    }),
    route('GET', '/:id', notFound),
    route('DELETE', '/:id', notFound),
    route('POST', '/:id/update', notFound),
  ];
}
