import { humanAgo } from './age.ts';
import { managerText, sortNodes } from './node-list.ts';
import { portsText, replicasText, sortServices } from './service-list.ts';
import { renderTable } from './table.ts';
import { sortTasks, taskName, type TaskNames } from './task-list.ts';
import { familiarImage, printable } from './text.ts';
import type { InfoView, NodeView, ServiceView, TaskView } from './views.ts';

/** Problems that one screen lists; the rest is counted. */
const problemsMax = 20;

/** What `status` asks the daemon for. Lists are empty on a node that is not a manager. */
export interface StatusView {
  readonly info: InfoView;
  readonly nodes: readonly NodeView[];
  readonly services: readonly ServiceView[];
  readonly tasks: readonly TaskView[];
  /** Whether the swarm answered, so that empty lists mean that there is nothing. */
  readonly isKnown: boolean;
  /** Wall time, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** The screen of `status`: this node, the swarm, its managers, its services, and what is wrong. */
export function renderStatus(status: StatusView): string {
  const sections = [
    renderFacts(status),
    status.services.length === 0 ? '' : renderServices(status.services),
    renderProblems(status),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function renderFacts({ info, nodes }: StatusView): string {
  const facts = [
    ['Node', nodeText(info)],
    ['Engine', info.engineVersion || 'unavailable'],
    ['Swarm', swarmText(info)],
    ...managerLines(info, nodes).map(
      (line, index) => [index === 0 ? 'Managers' : '', line] as const,
    ),
  ] as const;
  return facts.map(([name, text]) => `${name.padEnd(10)}${printable(text)}\n`).join('');
}

function nodeText(info: InfoView): string {
  const details = [info.nodeId, info.nodeAddress].filter((text) => text !== '');
  return details.length === 0 ? info.hostname : `${info.hostname} (${details.join(', ')})`;
}

function swarmText(info: InfoView): string {
  if (info.swarmState === 'inactive') return 'inactive: start one with "shoal init"';
  if (info.swarmState !== 'active') return info.swarmState;
  if (!info.isManager) return 'active, this node is a worker: ask a manager for more';
  const cluster = info.clusterId === '' ? '' : ` ${info.clusterId}`;
  return `active${cluster}, ${countText(info.nodes, 'node')}, ${countText(info.managers, 'manager')}`;
}

function managerLines(info: InfoView, nodes: readonly NodeView[]): readonly string[] {
  const managers = sortNodes(nodes).filter((node) => node.manager !== undefined);
  if (managers.length === 0) return info.remoteManagers;
  return managers.map((node) => {
    const self = node.id === info.nodeId ? ', this node' : '';
    const address = node.manager?.address ?? '';
    return `${node.hostname} ${address} (${managerText(node).toLowerCase()}${self})`;
  });
}

function renderServices(services: readonly ServiceView[]): string {
  return renderTable(
    ['SERVICE', 'MODE', 'REPLICAS', 'IMAGE', 'PORTS'],
    sortServices(services).map((service) => [
      service.name,
      service.mode,
      replicasText(service),
      familiarImage(service.image),
      portsText(service.ports),
    ]),
  );
}

function renderProblems(status: StatusView): string {
  const problems = findProblems(status);
  if (problems.length === 0) return status.isKnown ? 'No problems.\n' : '';
  const shown = problems.slice(0, problemsMax).map((problem) => `  ${printable(problem)}\n`);
  const hidden = problems.length - shown.length;
  const rest = hidden === 0 ? '' : `  … and ${String(hidden)} more\n`;
  return `Problems:\n${shown.join('')}${rest}`;
}

/** Everything that keeps the cluster from being as it should, one line each. */
function findProblems(status: StatusView): readonly string[] {
  const { info, nodes, services } = status;
  const own = [info.error, ...info.warnings].filter((text) => text !== '');
  const broken = sortNodes(nodes).filter((node) => node.state !== 'ready');
  const short = sortServices(services).filter(isShort);
  return [
    ...own,
    ...broken.map(nodeProblem),
    ...short.map((service) => `service ${service.name}: ${replicasText(service)} tasks run`),
    ...findTaskProblems(status),
  ];
}

function nodeProblem(node: NodeView): string {
  const why = node.message === '' ? '' : `: ${node.message}`;
  return `node ${node.hostname} is ${node.state || 'unknown'}${why}`;
}

function isShort(service: ServiceView): boolean {
  const isJob = service.mode === 'replicated job' || service.mode === 'global job';
  return !isJob && service.status !== undefined && service.status.running < service.status.desired;
}

/** Of each slot without a running task, in services that lack tasks, the newest task that says why. */
function findTaskProblems(status: StatusView): readonly string[] {
  const lacking = new Set(status.services.filter(isShort).map((service) => service.id));
  const names: TaskNames = {
    services: new Map(status.services.map((service) => [service.id, service.name])),
    nodes: new Map(status.nodes.map((node) => [node.id, node.hostname])),
  };
  const known = status.tasks.filter((task) => lacking.has(task.serviceId));
  const running = new Set(
    known.filter((task) => task.state === 'running').map((task) => taskName(task, names)),
  );
  const problems = new Map<string, string>();
  for (const task of sortTasks(known, names)) {
    const name = taskName(task, names);
    if (task.error === '' || running.has(name) || problems.has(name)) continue;
    const node = names.nodes.get(task.nodeId);
    const where = node === undefined ? '' : ` on ${node}`;
    const when = humanAgo(task.changedMs, status.nowMs);
    problems.set(name, `task ${name}${where} ${task.state} ${when}: ${task.error}`);
  }
  return [...problems.values()];
}

function countText(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? '' : 's'}`;
}
