import { renderNode } from '../render/node-text.ts';
import type { CommandContext } from './context.ts';
import { inspect, type InspectFlags } from './inspect.ts';
import { getNode } from './resources.ts';

export interface NodeInspectArgs {
  /** Ids or host names; `self` is the node that is asked. */
  readonly nodes: readonly string[];
  readonly flags: InspectFlags;
}

/** `node inspect`: prints nodes as the API gives them. */
export function runNodeInspect(
  context: CommandContext,
  { nodes, flags }: NodeInspectArgs,
  signal: AbortSignal,
): Promise<void> {
  return inspect(context, {
    kind: 'node',
    refs: nodes,
    flags,
    get: (ref) => getNode(context, ref, signal),
    render: renderNode,
  });
}
