import { addRoute, createRouter, findRoute, type RouterContext } from 'rou3';

import { ShoalError } from '../../common/pure/errors.ts';
import type { Route } from './call.ts';

/** First parts of paths that are never the engine's: it may be a swarm of its own, which is not this one. */
const clusterRoots: ReadonlySet<string> = new Set([
  'configs',
  'nodes',
  'secrets',
  'services',
  'swarm',
  'tasks',
]);

interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** True when a path without version belongs to the cluster, whether there is such a route or not. */
export function isClusterPath(path: string): boolean {
  const root = path.split('/').find((part) => part !== '' && part !== '.') ?? '';
  return clusterRoots.has(decoded(root)?.toLowerCase() ?? root);
}

/** Finds the route of a request. */
export class Router {
  readonly #routes: RouterContext<Route> = createRouter<Route>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) addRoute(this.#routes, route.method, route.path, route);
  }

  /**
   * @param path without version; percent-escapes stay.
   * @throws ShoalError `invalidArgument` for an escape that is none.
   */
  find(method: string, path: string): Match | undefined {
    const found = findRoute(this.#routes, method, path);
    if (found === undefined) return undefined;
    const params = Object.entries(found.params ?? {}).map(([name, value]): [string, string] => [
      name,
      decodePart(value),
    ]);
    return { route: found.data, params: Object.fromEntries(params) };
  }
}

function decodePart(part: string): string {
  const text = decoded(part);
  if (text !== undefined) return text;
  throw new ShoalError('invalidArgument', `invalid URL escape in ${JSON.stringify(part)}`);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
