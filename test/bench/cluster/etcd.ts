import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../../lib/sockets.ts';
import type { Target } from './writes.ts';

/** Three members of etcd on this machine, each with a disk folder of its own: what durable writes are compared with. */
export class EtcdCluster implements AsyncDisposable {
  readonly targets: (Target & { readonly port: number })[] = [];
  readonly #members: ChildProcess[] = [];
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async start(): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(await mkdtemp(join(tmpdir(), 'shoal-etcd-')));
    const members: { name: string; peer: string; client: string }[] = [];
    for (const name of ['a', 'b', 'c']) {
      const port = await freePort();
      cluster.targets.push({ host: '127.0.0.1', port });
      members.push({
        name,
        peer: `http://127.0.0.1:${String(await freePort())}`,
        client: `http://127.0.0.1:${String(port)}`,
      });
    }
    const all = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
    for (const { name, peer, client } of members) {
      const args = [
        `--name=${name}`,
        `--data-dir=${join(cluster.#directory, name)}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--initial-cluster=${all}`,
        '--initial-cluster-state=new',
        '--quota-backend-bytes=8000000000',
        '--logger=zap',
        '--log-level=error',
      ];
      cluster.#members.push(spawn('etcd', args, { stdio: 'ignore' }));
    }
    await cluster.#ready();
    return cluster;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.#members) {
      const ended = once(member, 'exit');
      member.kill('SIGKILL');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const answers = await Promise.all(
        this.targets.map(async ({ port }) => {
          const answer = await fetch(`http://127.0.0.1:${String(port)}/health`).catch(
            () => undefined,
          );
          return (await answer?.text())?.includes('true') === true;
        }),
      );
      if (answers.every(Boolean)) return;
      await sleep(100);
    }
    throw new Error('etcd does not become ready');
  }
}
