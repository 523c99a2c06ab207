/** Shows that `npm start` ends with an answering URL, can be run again, and that `npm run stop` takes all of it away. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { runCommand, outputOf, type CommandResult } from './lib/clients.ts';
import { curl } from './lib/traffic.ts';

const quickstart = resolve(import.meta.dirname, '..', '..', 'deploy', 'quickstart');

let engine: Dockerd;
let directory: string;

beforeAll(async () => {
  await requireModules();
  engine = await startDockerd();
  directory = await mkdtemp(join(tmpdir(), 'shoal-quickstart-'));
});

afterAll(async () => {
  await run('stop.sh');
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The script would install the packages anew, under the feet of this test. */
async function requireModules(): Promise<void> {
  const script = '. deploy/quickstart/modules.sh && has_modules';
  const root = resolve(quickstart, '..', '..');
  const { code } = await runCommand(['sh', '-c', `cd ${root} && ${script}`], {});
  if (code !== 0)
    throw new Error('node_modules is not what package-lock.json says: run "npm ci" first');
}

async function run(script: string): Promise<CommandResult> {
  return await runCommand([...engine.inside, 'sh', join(quickstart, script)], {
    SHOAL_DATA_ROOT: join(directory, 'data'),
    SHOAL_HOST: `unix://${join(directory, 'shoal.sock')}`,
    SHOAL_ENGINE: `unix://${engine.socketPath}`,
    SHOAL_METRICS_ADDR: '127.0.0.1:0',
  });
}

test('starts a demo that answers, takes up what is there when run again, and stops without a trace', async () => {
  const first = await run('start.sh');
  outputOf(first);
  expect(first.stdout).toContain('The demo answers at http://localhost:8080.');
  for (const slot of [1, 2, 3]) expect(first.stdout).toContain(`demo.${String(slot)}.`);
  expect(await curl(engine, 8080)).toMatch(/^demo\.\d\./);

  const second = await run('start.sh');
  outputOf(second);
  expect(second.stdout).toContain('The daemon already runs');
  expect(second.stdout).toContain('The service "demo" is there already');

  const stopped = await run('stop.sh');
  outputOf(stopped);
  const containers = await engine.exec('docker', [
    '-H',
    `unix://${engine.socketPath}`,
    'ps',
    '-aq',
  ]);
  expect(containers.stdout).toBe('');
  await expect(access(join(directory, 'data'))).rejects.toThrow('ENOENT');
});

test('says what to do when the engine that was named does not answer', async () => {
  const result = await runCommand([...engine.inside, 'sh', join(quickstart, 'start.sh')], {
    SHOAL_DATA_ROOT: join(directory, 'data'),
    SHOAL_ENGINE: `unix://${join(directory, 'no-engine.sock')}`,
  });
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('start it, or unset SHOAL_ENGINE');
});
