import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
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
  const names = [...found.values()].map(({ program, version }) => `${program} (${version})`);
  console.log(`docker clients: ${names.join(', ')}`);
  return [...found.values()];
}

/**
 * Runs a program to its end, within two minutes; then it is killed with all that it started. A code other than 0 is a
 * result, not an error.
 */
export async function runCommand(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (chunk: string) => {
      output[name] += chunk;
    });
  }
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, commandLimitMs);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  const { stdout, stderr } = output;
  if (code === null) throw new Error(`${command.join(' ')} was killed: ${stdout}${stderr}`);
  return { code, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}

/** @returns what the command wrote. @throws with what it complained of unless it ended with 0 */
export function outputOf(result: CommandResult): string {
  if (result.code === 0) return result.stdout;
  throw new Error(`exit code ${String(result.code)}: ${result.stdout}\n${result.stderr}`);
}
