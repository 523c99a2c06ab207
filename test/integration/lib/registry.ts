import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Dockerd } from './dockerd.ts';

/** Who may use a registry that asks for a login. */
export const registryLogin = { username: 'ann', password: 'secret' };
/** A line of htpasswd for it; registries take bcrypt only. */
const loginLine = 'ann:$2b$04$ptJ2MHkrJ2/DyZ2yI8sEeeA9FqayDhCBSXP/a1ieKi.T3jdJ7SaAy\n';
const readyLimitMs = 20_000;

/** Where it runs. */
type RegistryPlace = Pick<Dockerd, 'inside' | 'exec'>;

export interface RegistryOptions {
  /** Address and port in that network; engines speak plain HTTP with 127.0.0.0/8 only, unless told otherwise. */
  readonly address: string;
  /** Asks for `registryLogin`. */
  readonly isClosed?: boolean;
  /** Speaks TLS with a certificate that nobody trusts. */
  readonly isTls?: boolean;
  /** A folder that is made for what it keeps, and removed with it; one below the temporary folder unless given. */
  readonly directory?: string;
}

/** Debian's `docker-registry` in the network of a private engine, or in namespaces beside them. */
export class Registry implements AsyncDisposable {
  readonly address: string;
  readonly #place: RegistryPlace;
  readonly #directory: string;
  readonly #options: RegistryOptions;
  #process: ChildProcess | undefined;

  private constructor(place: RegistryPlace, directory: string, options: RegistryOptions) {
    this.address = options.address;
    this.#place = place;
    this.#directory = directory;
    this.#options = options;
  }

  /** Starts an empty registry and waits until it answers. Disposing ends it and removes what it kept. */
  static async start(place: RegistryPlace, options: RegistryOptions): Promise<Registry> {
    const { directory = await mkdtemp(join(tmpdir(), 'shoal-registry-')) } = options;
    await mkdir(directory, { recursive: true });
    const registry = new Registry(place, directory, options);
    try {
      await registry.#configure();
      await registry.start();
    } catch (error) {
      await registry[Symbol.asyncDispose]();
      throw error;
    }
    return registry;
  }

  /** Starts it anew with what it kept. */
  async start(): Promise<void> {
    const [program = '', ...prefix] = this.#place.inside;
    const log = openSync(join(this.#directory, 'log'), 'a');
    const args = [...prefix, 'docker-registry', 'serve', join(this.#directory, 'config.json')];
    this.#process = spawn(program, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    const deadlineMs = performance.now() + readyLimitMs;
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null || performance.now() > deadlineMs) {
        throw new Error(`the registry does not answer: ${await this.log()}`);
      }
      await sleep(50);
    }
  }

  /** Ends it; what it keeps stays for `start`. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => {
      resolve();
    });
    child.kill('SIGKILL');
    await promise;
  }

  /** Stops it answering, without refusing connections, until `resume`. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** What it wrote so far, a line for each request among others. */
  async log(): Promise<string> {
    return await readFile(join(this.#directory, 'log'), 'utf8');
  }

  /** Puts other bytes in the place of a blob that it keeps. */
  async spoil(digest: string): Promise<void> {
    const hex = digest.replace('sha256:', '');
    const blobs = join(this.#directory, 'data/docker/registry/v2/blobs/sha256');
    const path = join(blobs, hex.slice(0, 2), hex, 'data');
    const bytes = await readFile(path);
    await writeFile(
      path,
      bytes.map((byte) => byte ^ 0xff),
    );
  }

  /** A request to its API, with the login if it asks for one. @returns the answer's body, and its headers before it with `-i` */
  async curl(path: string, ...args: readonly string[]): Promise<string> {
    const { username, password } = registryLogin;
    const user = ['-u', `${username}:${password}`];
    const url = `${this.#options.isTls === true ? 'https' : 'http'}://${this.address}${path}`;
    return (await this.#place.exec('curl', ['-sSkf', '-m', '10', ...user, ...args, url])).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** The configuration is YAML, of which JSON is a part. */
  async #configure(): Promise<void> {
    const { address, isClosed = false, isTls = false } = this.#options;
    const [host = ''] = address.split(':');
    const inside = (name: string): string => join(this.#directory, name);
    if (isTls) await this.#makeCertificate(host);
    if (isClosed) await writeFile(inside('htpasswd'), loginLine);
    const auth = { htpasswd: { realm: 'test', path: inside('htpasswd') } };
    const tls = { certificate: inside('cert.pem'), key: inside('key.pem') };
    const config = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: inside('data') }, delete: { enabled: true } },
      http: { addr: address, secret: 'test', ...(isTls ? { tls } : {}) },
      ...(isClosed ? { auth } : {}),
    };
    await writeFile(inside('config.json'), JSON.stringify(config));
  }

  async #makeCertificate(host: string): Promise<void> {
    const files = [
      '-keyout',
      join(this.#directory, 'key.pem'),
      '-out',
      join(this.#directory, 'cert.pem'),
    ];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=IP:${host}`, '-days', '2'];
    await this.#place.exec('openssl', ['req', '-x509', ...key, ...files, ...subject]);
  }

  async #answers(): Promise<boolean> {
    return await this.curl('/v2/').then(
      () => true,
      () => false,
    );
  }
}
