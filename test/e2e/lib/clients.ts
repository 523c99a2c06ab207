import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What a command gave. Ends of lines at the end of the output are cut. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stock Docker client of this machine. */
export interface DockerClient {
  /** Its program's path. */
  readonly program: string;
  /** Such as 28.2.2. */
  readonly version: string;
}

const places = ['/usr/local/bin/docker', '/usr/bin/docker'];
const commandLimitMs = 120_000;

/** Every stock client that this machine has, one of each version; at least one, which test/run.sh installs. */
export function findDockerClients(): readonly DockerClient[] {
  const found = new Map<string, DockerClient>();
  for (const program of places.filter((path) => existsSync(path))) {
    const text = execFileSync(program, ['--version'], { encoding: 'utf8' });
    const version = /version ([\d.]+)/.exec(text)?.[1] ?? 'unknown';
    if (!found.has(version)) found.set(version, { program, version });
  }
  if (found.size === 0) throw new Error(`there is no Docker client at ${places.join(' or ')}`);
  return [...found.values()];
}

/** Runs a program to its end, within two minutes. A code other than 0 is a result, not an error. */
export async function runCommand(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const [program = '', ...args] = command;
  const env = { ...process.env, ...environment };
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const options = { env, timeout: commandLimitMs, maxBuffer: 16 * 1024 * 1024 };
  execFile(program, args, options, (error, stdout, stderr) => {
    const code = error === null ? 0 : error.code;
    if (typeof code !== 'number') {
      reject(
        new Error(`${command.join(' ')} did not end by itself: ${stdout}${stderr}`, {
          cause: error,
        }),
      );
      return;
    }
    resolve({ code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() });
  });
  return await promise;
}
