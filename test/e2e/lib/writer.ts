import { setTimeout as sleep } from 'node:timers/promises';

import type { Host } from '../../integration/testbed/host.ts';
import type { Swarm } from '../../integration/testbed/swarm.ts';

const untilLimitMs = 90_000;
/** An answer that does not come for so long comes from nobody. */
const answerLimitMs = 2_500;
const pauseMs = 50;

interface WriterOptions {
  /** How often one write is tried, each time through the next manager; without end unless given. */
  readonly attempts?: number;
  /** A manager that it does not turn to. */
  readonly skip?: Host;
}

/** Creates services without replicas, one after the other, through the managers in turn, and keeps its own record of what was acknowledged. */
export class Writer {
  readonly acknowledged: string[] = [];
  /** Writes that failed however often they were tried. */
  readonly failures: string[] = [];
  readonly #swarm: Swarm;
  readonly #image: string;
  readonly #options: WriterOptions;
  readonly #id = Math.random().toString(36).slice(2, 8);
  #isOn = false;
  #running: Promise<void> = Promise.resolve();

  constructor(swarm: Swarm, image: string, options: WriterOptions = {}) {
    this.#swarm = swarm;
    this.#image = image;
    this.#options = options;
  }

  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#running;
  }

  /** Resolves once so many writes were acknowledged. @throws when that takes too long */
  async until(count: number): Promise<void> {
    const deadlineMs = performance.now() + untilLimitMs;
    while (this.acknowledged.length < count) {
      if (performance.now() > deadlineMs)
        throw new Error(
          `${String(this.acknowledged.length)} of ${String(count)} writes came through`,
        );
      await sleep(pauseMs);
    }
  }

  async #run(): Promise<void> {
    for (let number = 0; this.#isOn; number += 1) {
      await this.#write(`w-${this.#id}-${String(number)}`, number);
      await sleep(pauseMs);
    }
  }

  async #write(name: string, number: number): Promise<void> {
    const managers = this.#swarm.managers.filter((host) => host !== this.#options.skip);
    const { attempts = Number.POSITIVE_INFINITY } = this.#options;
    let complaint = '';
    for (let attempt = 0; attempt < attempts && (this.#isOn || attempt === 0); attempt += 1) {
      const host = managers[(number + attempt) % managers.length];
      if (host === undefined) return;
      complaint = await this.#create(host, name);
      if (complaint === '') {
        this.acknowledged.push(name);
        return;
      }
    }
    if (this.#isOn) this.failures.push(`${name}: ${complaint}`);
  }

  /** @returns why it was not created, or nothing: it was, now or by an earlier attempt */
  async #create(host: Host, name: string): Promise<string> {
    const spec = {
      Name: name,
      TaskTemplate: { ContainerSpec: { Image: this.#image } },
      Mode: { Replicated: { Replicas: 0 } },
    };
    try {
      const { status, text } = await this.#swarm.api(
        host,
        'POST',
        '/services/create',
        spec,
        answerLimitMs,
      );
      return status === 201 || status === 409 ? '' : `${host.name}: ${String(status)} ${text}`;
    } catch (error) {
      return `${host.name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
