import { renderNodeList, sortNodes } from '../render/node-list.ts';
import type { CommandContext } from './context.ts';
import { getInfo, listNodes } from './resources.ts';

/** `node ls`: prints the nodes, or only their ids. */
export async function runNodeLs(
  context: CommandContext,
  flags: { readonly quiet?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const nodes = await listNodes(context, signal);
  if (flags.quiet === true) {
    context.out(
      sortNodes(nodes)
        .map((node) => `${node.id}\n`)
        .join(''),
    );
    return;
  }
  const { nodeId } = await getInfo(context, signal);
  context.out(renderNodeList(nodes, nodeId));
}
