import { renderTable } from './table.ts';
import { capitalize, compareNatural } from './text.ts';
import type { NodeView } from './views.ts';

const header = ['ID  ', 'HOSTNAME', 'STATUS', 'AVAILABILITY', 'MANAGER STATUS', 'ENGINE VERSION'];

/**
 * The table of `node ls`, in the order of host names.
 * @param selfId id of the node that was asked: it gets a star.
 */
export function renderNodeList(nodes: readonly NodeView[], selfId: string): string {
  return renderTable(
    header,
    sortNodes(nodes).map((node) => nodeCells(node, selfId)),
  );
}

/** Nodes by host name, numbers within names counted as numbers. */
export function sortNodes(nodes: readonly NodeView[]): readonly NodeView[] {
  return nodes.toSorted((left, right) => compareNatural(left.hostname, right.hostname));
}

function nodeCells(node: NodeView, selfId: string): readonly string[] {
  return [
    `${node.id} ${node.id === selfId ? '*' : ' '}`,
    node.hostname,
    capitalize(node.state),
    capitalize(node.availability),
    managerText(node),
    node.engineVersion,
  ];
}

/** `Leader`, `Reachable` or `Unreachable`; empty for a worker. */
export function managerText(node: NodeView): string {
  if (node.manager === undefined) return '';
  return node.manager.isLeader ? 'Leader' : capitalize(node.manager.reachability);
}
