import { newTaskSpec } from '../../proto/gen/specs.ts';
import type { Budget } from '../store/decider.ts';
import type { NodeRow, TaskRow } from '../store/rows.ts';
import { Candidate } from './candidate.ts';
import type { Demand } from './filters/filter.ts';
import { Pipeline } from './filters/pipeline.ts';
import { hostPortsOf } from './host-port.ts';
import type { NodeLoad } from './node-index.ts';
import { arrange } from './spread.ts';
import type { Standing } from './standing.ts';

/** A node for a task. */
export interface Placed {
  readonly task: TaskRow;
  readonly node: NodeRow;
}

/** What became of one group of tasks. */
export interface GroupPlacement {
  /** The first tasks of the group, each with its node. */
  readonly placed: readonly Placed[];
  /** Why the rest fits nowhere; empty when nothing is left, or the budget ended before that was known. */
  readonly explanation: string;
}

/** The cluster as the placement of one service sees it. */
export interface Nodes {
  /** All nodes, the better ones first, made as they are asked for. */
  inOrder(): Iterable<Standing>;
  standingOf(nodeId: string): Standing | undefined;
  loadOf(nodeId: string): NodeLoad;
}

/**
 * Places tasks of one service and one spec revision, in the order given, as even as the spread preferences and the
 * filters allow.
 */
export function placeGroup(
  nodes: Nodes,
  tasks: readonly TaskRow[],
  budget: Budget,
): GroupPlacement {
  const first = tasks[0];
  if (first === undefined) return { placed: [], explanation: '' };
  const demand = demandOf(first);
  const pipeline = new Pipeline(demand);
  const preferences = demand.spec.placement?.spreadPreferences ?? [];
  const root = arrange(nodes.inOrder(), preferences, {
    offer: (standing) => new Candidate(standing, nodes.loadOf(standing.row.id), demand),
    admits: (candidate) => pipeline.admits(candidate),
    stillAdmits: (candidate) => pipeline.stillAdmits(candidate),
  });
  const placed: Placed[] = [];
  for (const task of tasks) {
    const candidate = root.place();
    if (candidate === undefined) return { placed, explanation: pipeline.explain() };
    placed.push({ task, node: candidate.row });
    if (!budget.spend(1)) break;
  }
  return { placed, explanation: '' };
}

/** Places a task on the node that it was made for, or says why that does not take it. */
export function confirm(nodes: Nodes, task: TaskRow): GroupPlacement {
  const standing = nodes.standingOf(task.nodeId);
  const demand = demandOf(task);
  const pipeline = new Pipeline(demand);
  const isFit =
    standing !== undefined &&
    pipeline.admits(new Candidate(standing, nodes.loadOf(task.nodeId), demand));
  if (isFit) return { placed: [{ task, node: standing.row }], explanation: '' };
  return { placed: [], explanation: pipeline.explain() };
}

function demandOf(task: TaskRow): Demand {
  const spec = task.revision.spec;
  return {
    serviceId: task.serviceId,
    spec: spec.task ?? newTaskSpec(),
    hostPorts: hostPortsOf(spec),
  };
}
