import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Name of the image that `loadTestImage` makes: a web server that answers with its host name (see web.c). */
export const testImage = 'shoal-test/web:1';

/**
 * Compiles web.c and gives it to the engine as `shoal-test/web:1`, without any registry. Needs `gcc` and `tar`.
 * @param reference another name for it, to have several images.
 */
export async function loadTestImage(
  socketPath: string,
  reference: string = testImage,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-image-'));
  try {
    const source = join(import.meta.dirname, 'web.c');
    await run('gcc', ['-O1', '-static', '-o', join(directory, 'web'), source]);
    await run('tar', ['-C', directory, '-cf', join(directory, 'image.tar'), 'web']);
    const [repo = '', tag = 'latest'] = reference.split(':');
    const changes = encodeURIComponent('ENTRYPOINT ["/web"]');
    const path = `/images/create?fromSrc=-&repo=${encodeURIComponent(repo)}&tag=${tag}&changes=${changes}`;
    await post(socketPath, path, await readFile(join(directory, 'image.tar')));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function post(socketPath: string, path: string, body: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-type': 'application/x-tar', 'content-length': body.length };
  const call = request({ socketPath, path, method: 'POST', headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => {
      if (response.statusCode === 200 && !text.includes('"error"')) resolve();
      else reject(new Error(`the engine did not take the image: ${text}`));
    });
  });
  call.on('error', reject);
  call.end(body);
  await promise;
}
