import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { getJson, member } from '../../deploy/quickstart/socket-http.ts';
import { EngineClient } from '../../common/platform/engine/client.ts';
import { NodeClock } from '../../common/platform/clock.ts';
import { NodeDisk } from '../../common/platform/disk.ts';
import { processLog } from '../../common/platform/log.ts';
import { driverOptions } from '../../manager/consensus/options.ts';
import { ThreadConsensusPort } from '../../manager/consensus/thread/thread-port.ts';
import { Proposer } from '../../manager/proposer/proposer.ts';
import { Store } from '../../manager/store/store.ts';
import { IdentityFile } from '../../node/identity/identity.ts';
import { SnapshotFile } from '../../worker/proxy/snapshot-file.ts';
import { runCommand } from '../e2e/lib/clients.ts';
import { sweepStore } from '../sim/checks/sweep.ts';
import type { Rig } from './rig.ts';

const taskLabel = 'com.docker.swarm.task.id';
const nodeLabel = 'com.docker.swarm.node.id';
const networkLabel = 'shoal.network.id';

interface ShownTask {
  readonly id: string;
  readonly service: string;
  readonly state: string;
  readonly desired: string;
}

/** A service that should be there, with all its replicas. */
export interface Expected {
  readonly name: string;
  readonly replicas: number;
  readonly port?: number;
}

/** Everything that is not as it should be, in words; empty when all is well. */
export async function complaintsOf(rig: Rig, expected: readonly Expected[]): Promise<string[]> {
  const tasks = await shownTasks(rig);
  return [
    ...(await complaintsOfServices(rig, expected, tasks)),
    ...(await complaintsOfContainers(rig, tasks)),
    ...(await complaintsOfEndpoints(rig, tasks)),
    ...(await complaintsOfNetworks(rig, tasks)),
    ...(await complaintsOfPorts(rig, expected)),
  ];
}

async function shownTasks(rig: Rig): Promise<readonly ShownTask[]> {
  const list = await getJson(rig.node.socketPath, '/v1.41/tasks');
  return (list as readonly unknown[]).map((task) => ({
    id: String(member(task, 'ID')),
    service: String(member(task, 'ServiceID')),
    state: String(member(task, 'Status', 'State')),
    desired: String(member(task, 'DesiredState')),
  }));
}

function isLive(task: ShownTask): boolean {
  return task.desired === 'running' && task.state === 'running';
}

async function complaintsOfServices(
  rig: Rig,
  expected: readonly Expected[],
  tasks: readonly ShownTask[],
): Promise<string[]> {
  const list = (await getJson(rig.node.socketPath, '/v1.41/services')) as readonly unknown[];
  const ids = new Map(
    list.map((item) => [String(member(item, 'Spec', 'Name')), String(member(item, 'ID'))]),
  );
  const missing = expected
    .filter(({ name }) => !ids.has(name))
    .map(({ name }) => `${name} is lost`);
  const known = new Set(expected.map(({ name }) => name));
  const foreign = [...ids.keys()]
    .filter((name) => !known.has(name))
    .map((name) => `${name} is there`);
  const short = expected.flatMap(({ name, replicas }) => {
    const count = tasks.filter((task) => task.service === ids.get(name) && isLive(task)).length;
    return count === replicas ? [] : [`${name}: ${String(count)} of ${String(replicas)} run`];
  });
  return [...missing, ...foreign, ...short];
}

/** A container of ours belongs to a task that is known, and one that runs to a task that shall run. */
async function complaintsOfContainers(rig: Rig, tasks: readonly ShownTask[]): Promise<string[]> {
  await using engine = new EngineClient(rig.engine.socketPath);
  const containers = await engine.listContainers(
    { label: [nodeLabel] },
    AbortSignal.timeout(30_000),
  );
  const complaints: string[] = [];
  for (const { Id, State, Labels } of containers) {
    const task = tasks.find(({ id }) => id === Labels[taskLabel]);
    if (task === undefined) complaints.push(`orphan: container ${Id} (${State}) of no task`);
    else if (State === 'running' && !isLive(task))
      complaints.push(`container ${Id} runs for task ${task.id}, ${task.desired}/${task.state}`);
  }
  const running = containers.filter(({ State }) => State === 'running').length;
  const live = tasks.filter(isLive).length;
  if (running !== live)
    complaints.push(`${String(running)} containers run for ${String(live)} tasks`);
  return complaints;
}

/** What the proxy serves is what runs. */
async function complaintsOfEndpoints(rig: Rig, tasks: readonly ShownTask[]): Promise<string[]> {
  const { log } = processLog('error', {});
  const path = join(rig.node.dataRoot, 'proxy', 'endpoints.bin');
  const served = await new SnapshotFile(new NodeDisk(), path, log).load();
  const live = new Set(tasks.filter(isLive).map(({ id }) => id));
  const complaints: string[] = [];
  for (const set of served?.sets ?? []) {
    const ids = new Set(set.endpoints.map(({ taskId }) => taskId));
    for (const id of ids)
      if (!live.has(id)) complaints.push(`stale endpoint: task ${id} of ${set.serviceName}`);
    for (const task of tasks)
      if (
        task.service === set.serviceId &&
        isLive(task) &&
        set.ports.length > 0 &&
        !ids.has(task.id)
      )
        complaints.push(`task ${task.id} of ${set.serviceName} has no endpoint`);
  }
  return complaints;
}

/** One bridge for the ingress network, and no container on it but those of tasks that run. */
async function complaintsOfNetworks(rig: Rig, tasks: readonly ShownTask[]): Promise<string[]> {
  await using engine = new EngineClient(rig.engine.socketPath);
  const signal = AbortSignal.timeout(30_000);
  const networks = await engine.listNetworks({ label: [networkLabel] }, signal);
  const names = networks.map(({ Name }) => Name);
  const live = tasks.filter(isLive).length;
  const [first] = networks;
  const wanted = first === undefined ? 0 : 1;
  if (names.length !== wanted) return [`networks ${names.join()}`];
  const text = await getJson(rig.engine.socketPath, `/v1.41/networks/${first?.Id ?? ''}`);
  const attached = Object.keys(member(text, 'Containers') ?? {}).length;
  return attached > live
    ? [`${String(attached)} on the ingress network for ${String(live)} tasks`]
    : [];
}

/** Every replica answers on its published port, and nobody else. */
async function complaintsOfPorts(rig: Rig, expected: readonly Expected[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const { name, replicas, port } of expected) {
    if (port === undefined) continue;
    const urls = Array.from({ length: replicas * 4 }, () => `http://127.0.0.1:${String(port)}/`);
    const flags = ['-sS', '-m', '10', '-H', 'Connection: close'];
    const { stdout } = await runCommand([...rig.engine.inside, 'curl', ...flags, ...urls], {});
    const hosts = new Set(stdout.split('\n').filter(Boolean));
    if (hosts.size !== replicas)
      complaints.push(
        `port ${String(port)} of ${name}: ${String(hosts.size)} hosts answer, not ${String(replicas)}`,
      );
  }
  return complaints;
}

/**
 * Reads what is on the disk, with a daemon that is stopped, into a store of its own, and holds it to what a store must be: every address and
 * name that is taken belongs to something.
 */
export async function complaintsOfDataRoot(rig: Rig): Promise<string[]> {
  const { dataRoot, directory } = rig.node;
  const identity = await new IdentityFile(new NodeDisk(), join(dataRoot, 'node')).load();
  if (identity === undefined) return ['there is no identity'];
  const copy = join(directory, 'copy');
  await cp(join(dataRoot, 'raft'), copy, { recursive: true });
  try {
    const member = { directory: copy, clusterId: identity.clusterId, memberId: identity.raftId };
    await using consensus = new ThreadConsensusPort({
      options: driverOptions(member),
      dataKey: identity.dataKey,
    });
    const store = new Store();
    const { log } = processLog('error', {});
    await using proposer = new Proposer({ consensus, store, clock: new NodeClock(), log });
    await proposer.ready(AbortSignal.timeout(60_000));
    const complaints: string[] = [];
    sweepStore(store.view, (rule, detail) => {
      complaints.push(`${rule}: ${detail}`);
    });
    return complaints;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** The proxy's log and the daemon's: lines at warning or above, by message. */
export async function countTroubles(rig: Rig): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await readFile(rig.node.logPath, 'utf8')).split('\n')) {
    if (line === '' || /"level":"(?:info|debug)"/.test(line)) continue;
    const key = /"msg":"([^"]*)"/.exec(line)?.[1] ?? line.slice(0, 120);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
