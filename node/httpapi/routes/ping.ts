import type { NodeFacts } from '../../../common/ports/node-control.ts';
import { encodeUtf8 } from '../../../common/pure/utf8.ts';
import type { Route, RouteHandler } from '../call.ts';
import type { EngineProbe } from '../engine-probe.ts';
import type { ApiParts } from '../parts.ts';

/** `/_ping`: what clients learn versions and the swarm's state from. It answers whatever state node and engine are in. */
export function pingRoutes(parts: ApiParts, probe: EngineProbe): readonly Route[] {
  const handle: RouteHandler = async ({ request, context }) => {
    await probe.refresh(context.signal);
    const body = encodeUtf8(request.method === 'HEAD' ? '' : 'OK');
    return { status: 200, headers: pingHeaders(parts.control.facts(), probe), body };
  };
  return [
    { method: 'GET', path: '/_ping', handle, deadlineMs: undefined },
    { method: 'HEAD', path: '/_ping', handle, deadlineMs: undefined },
  ];
}

function pingHeaders(facts: NodeFacts, probe: EngineProbe): ReadonlyMap<string, string> {
  const headers = new Map([
    ['content-type', 'text/plain; charset=utf-8'],
    ['cache-control', 'no-cache, no-store, must-revalidate'],
    ['pragma', 'no-cache'],
    ['swarm', swarmHeader(facts)],
  ]);
  if (probe.builderVersion !== undefined) headers.set('builder-version', probe.builderVersion);
  return headers;
}

/** `active/manager` and the like: commands of the docker client show or hide themselves by it. */
function swarmHeader({ swarmState, controlAvailable }: NodeFacts): string {
  if (swarmState !== 'active') return swarmState;
  return controlAvailable ? 'active/manager' : 'active/worker';
}
