/**
 * Runs the same commands with the stock clients against Docker swarm mode and against Shoal, on the same engine one after
 * the other, and compares all that the commands print and their exit codes, with ids and times taken out.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { findDockerClients, type CommandResult } from './lib/clients.ts';
import { runScript, type Step, type Transcript } from './lib/script.ts';
import { ShoalNode } from './lib/shoal-node.ts';

function step(name: string, ...args: readonly string[]): Step {
  return { name, args };
}

const nodeFormat =
  '{{.Self}} {{.Hostname}} {{.Status}} {{.Availability}} {{.ManagerStatus}} {{.EngineVersion}} {{.TLSStatus}}';
const infoFormat = [
  '{{.Swarm.LocalNodeState}}',
  '{{.Swarm.ControlAvailable}}',
  '{{.Swarm.Managers}}',
  '{{.Swarm.Nodes}}',
  '{{.Swarm.NodeAddr}}',
  '{{len .Swarm.RemoteManagers}}',
  '{{json .Swarm.Cluster.Spec}}',
  '{{.Swarm.Cluster.DataPathPort}}',
  '{{.Swarm.Cluster.DefaultAddrPool}}',
  '{{.Swarm.Cluster.SubnetSize}}',
].join('\n');
const psFormat =
  '{{.Name}} {{.Image}} {{.Node}} {{.DesiredState}} {{.CurrentState}} {{.Error}} {{.Ports}}';

const web = ['--name', 'web', '--replicas', '3', '-p', '8080:80', testImage];

const script: readonly Step[] = [
  step('list without a swarm', 'service', 'ls'),
  step('leave without a swarm', 'swarm', 'leave'),
  step('nodes without a swarm', 'node', 'ls'),
  step('init with a bad address', 'swarm', 'init', '--advertise-addr', 'nothing'),
  step('init', 'swarm', 'init'),
  step('init again', 'swarm', 'init'),
  step('token', 'swarm', 'join-token', 'worker'),
  step('nodes', 'node', 'ls'),
  step('nodes by format', 'node', 'ls', '--format', nodeFormat),
  step('node', 'node', 'inspect', 'self'),
  step('node for people', 'node', 'inspect', 'self', '--pretty'),
  step('no such node', 'node', 'inspect', 'nope'),
  step('info', 'info', '--format', infoFormat),
  step('no services', 'service', 'ls'),
  step('create', 'service', 'create', ...web),
  step(
    'create with a taken name',
    'service',
    'create',
    '--no-resolve-image',
    '--name',
    'web',
    testImage,
  ),
  step(
    'create with a taken port',
    'service',
    'create',
    '--no-resolve-image',
    '--name',
    'other',
    '-p',
    '8080:80',
    testImage,
  ),
  step(
    'create with a bad name',
    'service',
    'create',
    '--no-resolve-image',
    '--name',
    'a.b!',
    testImage,
  ),
  step('create with a bad image', 'service', 'create', '--no-resolve-image', 'NOT//AN IMAGE'),
  step(
    'create with a bad constraint',
    'service',
    'create',
    '--no-resolve-image',
    '--constraint',
    'node.role=x',
    testImage,
  ),
  step(
    'create with a bad mode',
    'service',
    'create',
    '--no-resolve-image',
    '--mode',
    'nope',
    testImage,
  ),
  step(
    'create with little memory',
    'service',
    'create',
    '--no-resolve-image',
    '--limit-memory',
    '1m',
    testImage,
  ),
  step('services', 'service', 'ls'),
  step('services by name', 'service', 'ls', '--filter', 'name=we', '--format', '{{json .}}'),
  step('services by another name', 'service', 'ls', '--filter', 'name=x', '-q'),
  step('services by a bad filter', 'service', 'ls', '--filter', 'nope=x'),
  step('tasks', 'service', 'ps', 'web'),
  step('tasks by format', 'service', 'ps', 'web', '--format', psFormat),
  step('tasks of a slot', 'service', 'ps', 'web', '--filter', 'name=web.2', '--format', psFormat),
  step('tasks of the node', 'node', 'ps', 'self', '--format', psFormat),
  step('tasks of no service', 'service', 'ps', 'nope'),
  step('service', 'service', 'inspect', 'web'),
  step('service for people', 'service', 'inspect', 'web', '--pretty'),
  step('no such service', 'service', 'inspect', 'nope'),
  step('any object', 'inspect', 'web', '--format', '{{.Spec.Name}}'),
  step('containers', 'ps', '--format', '{{.Image}} {{.Command}} {{.Ports}}'),
  step('scale', 'service', 'scale', 'web=6'),
  step('services after scale', 'service', 'ls'),
  step('scale none', 'service', 'scale', 'nope=1'),
  step('scale to nonsense', 'service', 'scale', 'web=-1'),
  step('scale down', 'service', 'update', '--replicas', '2', 'web'),
  step(
    'tasks after scale',
    'service',
    'ps',
    'web',
    '--filter',
    'desired-state=running',
    '--format',
    psFormat,
  ),
  step('remove', 'service', 'rm', 'web'),
  step('remove again', 'service', 'rm', 'web'),
  step('services after remove', 'service', 'ls'),
  step('leave unforced', 'swarm', 'leave'),
  step('leave', 'swarm', 'leave', '--force'),
  step('leave again', 'swarm', 'leave', '--force'),
];

/**
 * Where Shoal speaks on purpose as newer engines do than the one at hand, or assigns what no one may rely on. Each stands in
 * docs/compatibility.md.
 */
const meant: Readonly<Record<string, (ofDocker: CommandResult) => CommandResult>> = {
  // Swarm mode shows no pool when the swarm got none, and the one in force at other times.
  info: (result) => ({ ...result, stdout: result.stdout.replace('\n[]\n', '\n[10.0.0.0/8]\n') }),
  // Engines before 23 return the scheduler's error without a code.
  'create with a bad constraint': (result) => ({
    ...result,
    stderr: result.stderr.replace('code = Unknown', 'code = InvalidArgument'),
  }),
  // Engines before 23 begin the sentence in upper case.
  'services by a bad filter': (result) => ({
    ...result,
    stderr: result.stderr.replace('Invalid filter', 'invalid filter'),
  }),
  // Swarm mode takes the first address of ingress for the node's own balancer.
  service: (result) => ({ ...result, stdout: result.stdout.replace('10.0.0.3/24', '10.0.0.2/24') }),
};

/** Without a registry swarm mode tries to pull for each task, and waits for that. */
const scriptsLimitMs = 900_000;

let engine: Dockerd;

beforeAll(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
});

afterAll(async () => {
  await engine.stop();
});

describe.each(findDockerClients())('docker $version', (client) => {
  let ofDocker: Transcript = {};
  let ofShoal: Transcript = {};

  beforeAll(async () => {
    ofDocker = await runScript(client, engine.socketPath, script);
    await using node = await ShoalNode.start(engine);
    ofShoal = await runScript(client, node.socketPath, script);
  }, scriptsLimitMs);

  test.each(script.map(({ name, args }) => ({ name, line: args.join(' ') })))(
    '$name: says what swarm mode says',
    ({ name }) => {
      const expected = ofDocker[name];
      if (expected === undefined) throw new Error('swarm mode was not asked');
      expect(ofShoal[name]).toEqual(meant[name]?.(expected) ?? expected);
    },
  );
});
