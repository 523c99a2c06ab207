/**
 * Measures how long a verb of the installed client takes, against `node -e 0` and against a bare request, in the same run.
 * The aim is at most twice `node -e 0`, and the request. Only a collapse fails here; `SHOAL_BENCH=full` holds it to the aim.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { bundleClient } from '../../../deploy/bundle/bundle.ts';
import { serviceJson } from '../../lib/cli-objects.ts';
import { FakeDaemon } from '../../lib/fake-daemon.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const rounds = isFull ? 60 : 12;
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A program that asks what the verb asks, with what Node.js itself has, and prints what came. */
const request = `
const { request } = process.getBuiltinModule('node:http');
const options = { socketPath: process.argv[2], path: '/services?status=true', servername: '' };
request(options, (answer) => answer.pipe(process.stdout)).end();
`;

/** An installed package: the launcher, the bundle, and the Node.js that runs this. */
async function install(folder: string): Promise<string> {
  const file = join(folder, 'package', 'dist', 'cli', 'shoal.cjs');
  await mkdir(join(folder, 'package', 'cli'), { recursive: true });
  await cp(join(root, 'cli', 'shoal'), join(folder, 'package', 'cli', 'shoal'));
  await cp(join(root, 'package.json'), join(folder, 'package', 'package.json'));
  await bundleClient(file);
  for (const arch of ['x64', 'arm64']) {
    const node = join(folder, 'package', 'node_modules', `node-linux-${arch}`);
    await mkdir(join(node, 'bin'), { recursive: true });
    await writeFile(join(node, 'package.json'), `{\n  "version": "${process.versions.node}"\n}\n`);
    await symlink(process.execPath, join(node, 'bin', 'node'));
  }
  return join(folder, 'package', 'cli', 'shoal');
}

async function timeRun(file: string, args: readonly string[], host: string): Promise<number> {
  const start = performance.now();
  const env = { PATH: '/usr/bin:/bin', SHOAL_HOST: host };
  const child = spawn(file, [...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
  return performance.now() - start;
}

/** The shortest: whatever else the machine does only makes a run longer. */
function shortest(times: readonly number[]): number {
  return Math.min(...times);
}

test('a verb takes at most twice the time of node -e 0, and that of its request', async () => {
  await using daemon = await FakeDaemon.start();
  daemon.answer('GET /services', { json: [serviceJson({ id: 's1', name: 'web' })] });
  const shoal = await install(daemon.folder);
  const requestFile = join(daemon.folder, 'request.cjs');
  await writeFile(requestFile, request);
  const programs = {
    nothing: [process.execPath, ['-e', '0']],
    request: [process.execPath, [requestFile, daemon.socketPath]],
    verb: [shoal, ['service', 'ls']],
  } as const;
  const times = { nothing: [] as number[], request: [] as number[], verb: [] as number[] };
  // By turns: whatever else the machine does falls on all of them.
  for (let round = 0; round < rounds; round += 1) {
    for (const name of ['nothing', 'request', 'verb'] as const) {
      const [file, args] = programs[name];
      times[name].push(await timeRun(file, args, daemon.host));
    }
  }
  const nothingMs = shortest(times.nothing);
  const requestMs = Math.max(0, shortest(times.request) - nothingMs);
  const verbMs = shortest(times.verb);
  const aimMs = 2 * nothingMs + requestMs;
  const ms = (time: number): string => `${time.toFixed(1)} ms`;
  console.log(
    `cli start: shoal service ls ${ms(verbMs)}, node -e 0 ${ms(nothingMs)} (ratio ${(verbMs / nothingMs).toFixed(2)}), ` +
      `its request ${ms(requestMs)}; aim ${ms(aimMs)}, reached by ${(verbMs / aimMs).toFixed(2)}`,
  );
  expect(verbMs).toBeLessThan(aimMs * (isFull ? 1 : 1.5));
});
