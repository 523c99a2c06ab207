import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { DockerClient } from './clients.ts';
import { eventually } from './shoal-node.ts';

/** `docker service logs` in the background. */
export class LogFollower implements AsyncDisposable {
  text = '';
  readonly #child: ChildProcess;

  /** @param socketPath of the daemon that is asked. */
  constructor(client: DockerClient, socketPath: string, ...args: readonly string[]) {
    const env = { ...process.env, DOCKER_HOST: `unix://${socketPath}` };
    this.#child = spawn(client.program, ['service', 'logs', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output?.setEncoding('utf8');
      output?.on('data', (chunk: string) => {
        this.text += chunk;
      });
    }
  }

  pause(): void {
    this.#child.stdout?.pause();
  }

  resume(): void {
    this.#child.stdout?.resume();
  }

  async until(what: string, isSo: (text: string) => boolean): Promise<void> {
    await eventually(`${what} in ${this.text}`, async () => (isSo(this.text) ? true : undefined));
  }

  async end(): Promise<number | null> {
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = this.end();
    this.#child.kill('SIGKILL');
    await ended;
  }
}
