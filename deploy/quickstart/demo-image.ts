import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { callSocket } from './socket-http.ts';

/** Name of the demo's image on the local engine. */
export const demoImage = 'shoal-demo:1';

/** Port that the demo listens on in its container. */
export const demoPort = 8080;

const run = promisify(execFile);
const importLimitMs = 120_000;

/** True when the engine has the image already. */
export async function hasDemoImage(engineSocket: string): Promise<boolean> {
  const path = `/images/${demoImage}/json`;
  const call = { socketPath: engineSocket, method: 'GET', path, limitMs: 30_000 };
  return (await callSocket(call)).status === 200;
}

/**
 * Makes the demo's image from what surely is on this machine, so that neither a registry nor a compiler is needed: the Node
 * that runs this code, the shared libraries that it is linked to, and the demo's one file.
 */
export async function buildDemoImage(engineSocket: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-demo-'));
  try {
    const image = join(directory, 'image');
    const node = process.execPath;
    await place(image, '/node', node);
    for (const library of await sharedLibraries(node)) await place(image, library, library);
    await place(image, '/demo.ts', join(import.meta.dirname, 'demo', 'main.ts'));
    const archive = join(directory, 'image.tar');
    await run('tar', ['--owner=0', '--group=0', '-C', image, '-cf', archive, '.']);
    await importImage(engineSocket, await readFile(archive));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What `ldd` names, among it the loader that the program itself names. */
async function sharedLibraries(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
}

/** Follows links, since only what is copied is there. */
async function place(image: string, path: string, source: string): Promise<void> {
  const target = join(image, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target);
  await chmod(target, 0o755);
}

async function importImage(engineSocket: string, archive: Uint8Array): Promise<void> {
  const [repository = '', tag = ''] = demoImage.split(':');
  const changes = [
    'ENTRYPOINT ["/node","/demo.ts"]',
    `EXPOSE ${String(demoPort)}`,
    'USER 65534:65534',
  ];
  const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag });
  for (const change of changes) query.append('changes', change);
  const answer = await callSocket({
    socketPath: engineSocket,
    method: 'POST',
    path: `/images/create?${query.toString()}`,
    body: archive,
    contentType: 'application/x-tar',
    limitMs: importLimitMs,
  });
  if (answer.status !== 200 || answer.text.includes('"error"')) {
    throw new Error(`the engine did not take the demo image: ${answer.text.trim()}`);
  }
}
