import { renderNodeList, sortNodes } from '../render/node-list.ts';
import { readNode } from '../render/views.ts';
import type { CommandContext } from './context.ts';
import { askList, getInfo, printJson } from './resources.ts';

export interface NodeLsFlags {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `node ls`: prints the nodes, only their ids, or all that the API says of them. */
export async function runNodeLs(
  context: CommandContext,
  flags: NodeLsFlags,
  signal: AbortSignal,
): Promise<void> {
  const answer = await askList(context, '/nodes', {}, signal);
  if (flags.json === true) {
    printJson(context, answer);
    return;
  }
  const nodes = answer.map(readNode);
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
