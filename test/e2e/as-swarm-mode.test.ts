/**
 * Runs the same commands with the stock clients, and the same requests, against Docker swarm mode and against Shoal, each on a private
 * engine of one version, and compares all that is printed and the exit codes or statuses, with ids and times taken out.
 *
 * The cases are data: test/testdata/as-swarm-mode, in the form that as-swarm-mode/script.ts describes. `SHOAL_CASES='node|api'`
 * runs only the files of which the name matches, `SHOAL_CLIENT=28` only the clients of that version.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage } from '../integration/lib/test-image.ts';
import { describeDifference, expectedOf } from './as-swarm-mode/compare.ts';
import { readScripts } from './as-swarm-mode/read-scripts.ts';
import { isFor, Side, type Results } from './as-swarm-mode/side.ts';
import { findDockerClients } from './lib/clients.ts';
import { ShoalNode } from './lib/shoal-node.ts';

const image = 'web:1';
const scripts = readScripts(process.env['SHOAL_CASES'] ?? '');
const scriptsLimitMs = 600_000;

let engines: readonly Dockerd[] = [];
let node: ShoalNode;
let docker: Side;
let shoal: Side;
let engineMajor = 0;

/** An engine that finds no registry learns so at once. */
async function startEngine(): Promise<Dockerd> {
  const engine = await startDockerd();
  await engine.exec('sh', [
    '-c',
    'echo nameserver 127.0.0.1 >"$1" && mount --bind "$1" /etc/resolv.conf',
    'names',
    `${engine.logPath}.resolv`,
  ]);
  await engine.halt('SIGTERM');
  await engine.start();
  await loadTestImage(engine.socketPath, image);
  return engine;
}

beforeAll(async () => {
  engines = await Promise.all([startEngine(), startEngine()]);
  const [first, second] = engines as readonly [Dockerd, Dockerd];
  node = await ShoalNode.start(second);
  docker = new Side(first.socketPath, first.hostname, image);
  shoal = new Side(node.socketPath, second.hostname, image);
  const { Version } = (await docker.get('/version')) as { readonly Version: string };
  engineMajor = Number.parseInt(Version, 10);
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await Promise.all(engines.map(async (engine) => await engine.stop()));
});

test('the two sides are swarm mode and Shoal, on engines of one version', async () => {
  const names = await Promise.all(
    [docker, shoal].map(async (side) => {
      const version = (await side.get('/version')) as {
        readonly Version: string;
        readonly Components: readonly { readonly Name: string }[];
      };
      return [version.Version, version.Components.map(({ Name }) => Name).includes('Shoal')];
    }),
  );
  expect(names).toEqual([
    [names[0]?.[0], false],
    [names[0]?.[0], true],
  ]);
});

const clients = findDockerClients().filter(({ version }) =>
  version.startsWith(process.env['SHOAL_CLIENT'] ?? ''),
);

describe.each(clients)('docker $version', (client) => {
  describe.each(scripts)('$name', ({ name, steps }) => {
    let ofDocker: Results = new Map();
    let ofShoal: Results = new Map();

    beforeAll(async () => {
      const startMs = performance.now();
      const timed = async (side: Side): Promise<readonly [Results, number]> => {
        const results = await side.run(client, steps);
        return [results, Math.round(performance.now() - startMs)];
      };
      const [first, second] = await Promise.all([timed(docker), timed(shoal)]);
      console.log(`${name}: swarm mode ${String(first[1])} ms, Shoal ${String(second[1])} ms`);
      ofDocker = first[0];
      ofShoal = second[0];
    }, scriptsLimitMs);

    test.each(steps.filter((step) => isFor(client, step)))('$line: $text', (step) => {
      const expected = ofDocker.get(step.line);
      if (expected === undefined) throw new Error('swarm mode was not asked');
      if (step.kind === 'wait' && expected.code !== 0)
        throw new Error(`swarm mode did not come to it: ${expected.stdout}`);
      const wanted = step.kind === 'wait' ? expected : expectedOf(step, expected, engineMajor);
      const given = ofShoal.get(step.line);
      if (given === undefined) throw new Error('Shoal was not asked');
      const difference = describeDifference(wanted, given);
      expect(difference, `swarm mode (-), Shoal (+):\n${difference}\n`).toBe('');
    });
  });
});
