import { join } from 'node:path';

import { connectRaw, RawEngine, type RawPeer } from '../../lib/raw-engine.ts';
import { TestApi } from './test-api.ts';

/** The API on a socket before an engine that says what a test makes it say, byte by byte. */
export class RawRig implements AsyncDisposable {
  readonly engine: RawEngine;
  readonly api: TestApi;

  private constructor(engine: RawEngine, api: TestApi) {
    this.engine = engine;
    this.api = api;
  }

  static async start(): Promise<RawRig> {
    const engine = await RawEngine.start();
    return new RawRig(engine, await TestApi.start(join(engine.folder, 'engine.sock')));
  }

  /** A client that has sent `text`. */
  async say(text: string): Promise<RawPeer> {
    const client = await connectRaw(this.api.socketPath);
    client.write(text);
    return client;
  }

  /** The answer to one call, after which the client's connection ends. */
  async get(path: string): Promise<string> {
    const client = await this.say(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await client.untilEnded();
    return client.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
    await this.engine[Symbol.asyncDispose]();
  }
}
