import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Name of the image that `loadBusyboxImage` makes: Debian's static busybox with `sh` and the applets below on the path. */
export const busyboxImage = 'shoal-test/busybox:1';

const applets = ['busybox', 'cat', 'dd', 'echo', 'false', 'head', 'seq', 'sh', 'sleep', 'stty'];
const moreApplets = ['true', 'wc', 'yes', 'tty', 'ls', 'md5sum', 'mkdir', 'truncate', 'kill'];

/** Gives the image to the engine, without any registry. Needs `busybox-static` and `tar`. */
export async function loadBusyboxImage(socketPath: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-busybox-'));
  try {
    const bin = join(directory, 'root', 'bin');
    await mkdir(bin, { recursive: true });
    await run('cp', ['/bin/busybox', join(bin, 'box')]);
    await Promise.all(
      [...applets, ...moreApplets].map(async (name) => {
        await symlink('box', join(bin, name));
      }),
    );
    const tar = join(directory, 'image.tar');
    await run('tar', ['-C', join(directory, 'root'), '-cf', tar, '.']);
    const change = ['--change', 'CMD ["/bin/sh"]'];
    await run('docker', ['-H', `unix://${socketPath}`, 'import', ...change, tar, busyboxImage]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
