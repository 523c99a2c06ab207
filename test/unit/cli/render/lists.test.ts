/** Shows the tables and the screen of `status` against golden files; `vitest -u` writes these anew. */
import { expect, test } from 'vitest';

import { renderNodeList } from '../../../../cli/render/node-list.ts';
import { portsText, renderServiceList } from '../../../../cli/render/service-list.ts';
import { renderStatus, type StatusView } from '../../../../cli/render/status.ts';
import { renderTaskList } from '../../../../cli/render/task-list.ts';
import { readInfo, readNode, readService, readTask } from '../../../../cli/render/views.ts';
import {
  infoJson,
  nodeJson,
  nowMs,
  portJson,
  serviceJson,
  taskJson,
} from '../../../lib/cli-objects.ts';
import { expectGolden } from '../../../lib/golden.ts';

const digest = `sha256:${'cd'.repeat(32)}`;
const leader = { Leader: true, Reachability: 'reachable', Addr: '10.0.0.1:2377' };

const services = [
  serviceJson({ id: 'q1w2e3r4t5y6u7i8o9p0aaaaa', name: 'web10', replicas: 3, running: 2 }),
  serviceJson({
    id: 's1',
    name: 'web2',
    image: `docker.io/library/redis:7@${digest}`,
    ports: [portJson(8080, 80), portJson(8081, 81), portJson(53, 53, 'udp')],
  }),
  serviceJson({
    id: 's3',
    name: 'agent',
    replicas: 2,
    spec: {
      Mode: { Global: {} },
      TaskTemplate: { ContainerSpec: { Image: 'agent' }, Placement: { MaxReplicas: 4 } },
    },
  }),
  serviceJson({
    id: 's4',
    name: 'batch',
    spec: {
      Mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 5 } },
      TaskTemplate: { ContainerSpec: { Image: 'batch:1' } },
    },
    more: { ServiceStatus: { RunningTasks: 2, DesiredTasks: 2, CompletedTasks: 3 } },
  }),
  serviceJson({
    id: 's5',
    name: 'packed',
    replicas: 4,
    spec: { TaskTemplate: { ContainerSpec: { Image: 'p:1' }, Placement: { MaxReplicas: 2 } } },
  }),
];

const tasks = [
  taskJson({ id: 't1aaaaaaaaaaaaaaaaaaaaaaa', slot: 10 }),
  taskJson({ id: 't2aaaaaaaaaaaaaaaaaaaaaaa', slot: 2, createdAgo: 10 }),
  taskJson({
    id: 't3aaaaaaaaaaaaaaaaaaaaaaa',
    slot: 2,
    state: 'failed',
    desired: 'shutdown',
    error: 'task: non-zero exit (137): container was killed',
    createdAgo: 400,
    changedAgo: 90,
    image: `nginx:1.27@${digest}`,
  }),
  taskJson({
    id: 't4aaaaaaaaaaaaaaaaaaaaaaa',
    slot: 1,
    nodeId: '',
    state: 'pending',
    error: 'no suitable node\u001b[2J',
  }),
  taskJson({
    id: 't5',
    slot: 0,
    nodeId: 'n9',
    ports: [portJson(8080, 80, 'tcp', 'host'), portJson(53, 53, 'udp', 'host')],
  }),
];

const names = { services: new Map([['s1', 'web']]), nodes: new Map([['n1', 'box-1']]) };

const nodes = [
  nodeJson({ id: 'n2aaaaaaaaaaaaaaaaaaaaaaa', hostname: 'box-10', state: 'down' }),
  nodeJson({ id: 'n1aaaaaaaaaaaaaaaaaaaaaaa', hostname: 'box-1', manager: leader }),
  nodeJson({
    id: 'n3aaaaaaaaaaaaaaaaaaaaaaa',
    hostname: 'box-2',
    availability: 'drain',
    manager: { Reachability: 'unreachable', Addr: '10.0.0.3:2377' },
  }),
];

test('service ls', async () => {
  await expectGolden(renderServiceList(services.map(readService)), 'cli/service-ls.txt');
});

test('service ls without services is a header', async () => {
  await expectGolden(renderServiceList([]), 'cli/service-ls-empty.txt');
});

test('service ps', async () => {
  const text = renderTaskList(tasks.map(readTask), names, { nowMs, isWhole: false });
  await expectGolden(text, 'cli/service-ps.txt');
});

test('service ps --no-trunc', async () => {
  const text = renderTaskList(tasks.map(readTask), names, { nowMs, isWhole: true });
  await expectGolden(text, 'cli/service-ps-no-trunc.txt');
});

test('a task whose time is unknown has a state without an age', () => {
  const task = readTask({ ID: 't', ServiceID: 's1', Slot: 1, Status: { State: 'new' } });
  const text = renderTaskList([task], names, { nowMs, isWhole: false });
  expect(text).toMatch(/  New {13}/);
});

test('node ls', async () => {
  const text = renderNodeList(nodes.map(readNode), 'n1aaaaaaaaaaaaaaaaaaaaaaa');
  await expectGolden(text, 'cli/node-ls.txt');
});

const healthy: StatusView = {
  info: readInfo(infoJson()),
  nodes: nodes.slice(1, 2).map(readNode),
  services: services.slice(1).map(readService),
  tasks: tasks.map(readTask),
  isKnown: true,
  nowMs,
};

test('status of a healthy swarm', async () => {
  await expectGolden(renderStatus(healthy), 'cli/status.txt');
});

test('status names each problem once, and stays one screen', async () => {
  const lacking = serviceJson({ id: 's1', name: 'web', replicas: 3, running: 1 });
  const failing = Array.from({ length: 25 }, (_, index) =>
    taskJson({
      id: `f${String(index)}`,
      slot: index + 20,
      state: 'rejected',
      error: `No such image: nope:${String(index)}`,
    }),
  );
  const text = renderStatus({
    ...healthy,
    info: readInfo(infoJson({ Warnings: ['Running Swarm in a two-manager configuration.'] })),
    nodes: nodes.map(readNode),
    services: [lacking, ...services.slice(2)].map(readService),
    tasks: [...tasks, ...failing].map(readTask),
  });
  await expectGolden(text, 'cli/status-problems.txt');
});

test.each(['inactive', 'locked', 'error', 'worker'])(
  'status of a node that is %s',
  async (state) => {
    const swarm =
      state === 'worker'
        ? { ControlAvailable: false, Cluster: undefined }
        : { LocalNodeState: state, ControlAvailable: false, RemoteManagers: null };
    const error = state === 'error' ? { Error: 'certificate has expired' } : {};
    const view = { ...healthy, nodes: [], services: [], tasks: [], isKnown: false };
    const info = readInfo(infoJson({ ...swarm, ...error }));
    await expectGolden(renderStatus({ ...view, info }), `cli/status-${state}.txt`);
  },
);

test.each([
  [[], ''],
  [[portJson(80, 80, 'tcp', 'host')], ''],
  [[portJson(80, 8080)], '*:80->8080/tcp'],
  [[portJson(81, 81), portJson(80, 80), portJson(82, 82)], '*:80-82->80-82/tcp'],
  [[portJson(80, 80), portJson(81, 80)], '*:80-81->80/tcp'],
  [[portJson(80, 80), portJson(81, 81), portJson(82, 81)], '*:80-81->80-81/tcp, *:82->81/tcp'],
  [[portJson(80, 90), portJson(81, 80)], '*:80->90/tcp, *:81->80/tcp'],
  [[portJson(80, 80, 'udp'), portJson(80, 80)], '*:80->80/tcp, *:80->80/udp'],
])('ports %j are shown as "%s"', (ports, text) => {
  const service = readService(serviceJson({ id: 's', name: 'x', ports }));
  expect(portsText(service.ports)).toBe(text);
});

test('an answer of the wrong shape reads as empty instead of failing', () => {
  for (const value of [
    undefined,
    null,
    1,
    'x',
    [],
    { Spec: [], Status: 1, Endpoint: { Ports: {} } },
  ]) {
    expect(readService(value).name).toBe('');
    expect(readTask(value).state).toBe('');
    expect(readNode(value).manager).toBeUndefined();
    expect(readInfo(value).swarmState).toBe('inactive');
  }
});
