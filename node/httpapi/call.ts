import type { RequestContext } from '../../common/ports/cluster-api.ts';
import type { Caller, Request, Response } from './http.ts';

/** One request on its way through a route. */
export interface Call {
  readonly request: Request;
  readonly caller: Caller;
  /** Parts of the path by the names of the route, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Minor version of the API in which to answer. */
  readonly minor: number;
  /** For calls to the cluster and the node; its signal ends with the client, and at the route's deadline. */
  readonly context: RequestContext;
}

/** Answers a call; undefined means: the engine's, pass it through (only while the body is unread). */
export type RouteHandler = (call: Call) => Promise<Response | undefined>;

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** `/services/:id`; `**:name` takes several segments. */
  readonly path: string;
  readonly handle: RouteHandler;
  /** How long it may take to begin answering, in milliseconds; undefined = as long as the client waits. */
  readonly deadlineMs: number | undefined;
}
