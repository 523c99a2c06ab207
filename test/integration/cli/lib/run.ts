import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The real command. */
export const launcher: string = fileURLToPath(new URL('../../../../cli/shoal', import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the real command against the daemon at `host`. */
export function runShoal(host: string, args: readonly string[]): Promise<Outcome> {
  const env = { PATH: '/usr/bin:/bin', SHOAL_HOST: host, GREETING: 'hello' };
  return new Promise((resolve) => {
    const child = execFile(launcher, [...args], { env }, (_, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
  });
}
