import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeClock } from '../../../../../common/platform/clock.ts';
import { EngineClient, lowerVersion } from '../../../../../common/platform/engine/client.ts';
import { callSocket } from '../../../../../deploy/quickstart/socket-http.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { engineContract, type ContractWorld } from '../../../../lib/engine-contract.ts';
import { FakeEngine } from '../../../../lib/fake-engine/fake-engine.ts';
import { serveFakeEngine, type FakeDockerd } from '../../../../lib/fake-engine/serve.ts';
import { fakeWebImage, webImage } from '../../../../lib/fake-engine/web-image.ts';
import { startDockerd, type Dockerd } from '../../../lib/dockerd.ts';
import { loadTestImage } from '../../../lib/test-image.ts';

// The client against a real engine, against the fake one behind a socket, and against servers that misbehave.

const signal = new AbortController().signal;

function worldOf(engine: EngineClient, socketPath: string): ContractWorld {
  const disconnect = async (network: string, container: string): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ Container: container, Force: true }));
    const path = `/v1.41/networks/${network}/disconnect`;
    const call = { socketPath, method: 'POST', path, body, limitMs: 30_000 };
    const { status, text } = await callSocket(call);
    if (status !== 200) throw new Error(text);
  };
  return { engine, image: webImage, run: (call) => call, pause: () => sleep(50), disconnect };
}

describe('on a real engine', () => {
  let dockerd: Dockerd;
  let engine: EngineClient;

  beforeAll(async () => {
    dockerd = await startDockerd();
    await loadTestImage(dockerd.socketPath);
    engine = new EngineClient(dockerd.socketPath);
  });

  afterAll(async () => {
    await engine?.close();
    await dockerd?.stop();
  });

  engineContract(() => worldOf(engine, dockerd.socketPath));
});

describe('on the fake engine behind a socket', () => {
  let directory: string;
  let server: FakeDockerd;
  let engine: EngineClient;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'shoal-fake-'));
    const socketPath = join(directory, 'docker.sock');
    const images = [fakeWebImage()];
    const fake = new FakeEngine({ clock: new NodeClock(), random: seededRandom(3), images });
    server = await serveFakeEngine(fake, socketPath);
    engine = new EngineClient(socketPath);
  });

  afterAll(async () => {
    await engine.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  engineContract(() => worldOf(engine, join(directory, 'docker.sock')));
});

describe('on what is no engine', () => {
  async function withServer(
    answer: Parameters<typeof createServer>[1],
    use: (engine: EngineClient) => Promise<void>,
  ): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'shoal-odd-'));
    const socketPath = join(directory, 's');
    const server: Server = createServer(answer);
    await new Promise<void>((resolve) => {
      server.listen(socketPath, resolve);
    });
    try {
      await using engine = new EngineClient(socketPath);
      await use(engine);
    } finally {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true, force: true });
    }
  }

  it('cannot connect where nothing listens', async () => {
    await using engine = new EngineClient('/nonexistent/docker.sock');
    await expect(engine.info(signal)).rejects.toMatchObject({
      code: 'engineUnavailable',
      message: 'cannot connect to the engine',
    });
  });

  it('is closed twice without harm', async () => {
    const engine = new EngineClient('/nonexistent/docker.sock');
    await engine.close();
    await engine.close();
  });

  it('takes a connection that breaks for an engine that is unavailable', async () => {
    await withServer(
      (request) => {
        request.socket.destroy();
      },
      async (engine) => {
        await expect(engine.ping(signal)).rejects.toMatchObject({ code: 'engineUnavailable' });
      },
    );
  });

  it('refuses answers that are not JSON, and drops keys that could reach a prototype', async () => {
    await withServer(
      (request, response) => {
        if (request.url === '/_ping') response.setHeader('api-version', '1.41');
        if (request.url?.endsWith('/info') === true) response.end('<html>');
        else response.end('{"Config":{"Labels":{"__proto__":"x","a":"b"}},"Id":"1"}');
      },
      async (engine) => {
        await expect(engine.info(signal)).rejects.toMatchObject({ code: 'engineRefused' });
        const { Labels: labels } = await engine.inspectContainer('x', signal);
        expect(Object.entries(labels)).toEqual([['a', 'b']]);
        expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
      },
    );
  });

  it('ends a call that gets no answer when its signal aborts', async () => {
    await withServer(
      () => undefined,
      async (engine) => {
        const ending = new AbortController();
        const call = engine.ping(ending.signal);
        const reason = new Error('enough');
        setImmediate(() => {
          ending.abort(reason);
        });
        await expect(call).rejects.toBe(reason);
      },
    );
  });

  it('fails an event stream that ends, and survives one that nobody reads', async () => {
    await withServer(
      (request, response) => {
        response.setHeader('api-version', '1.41');
        if (request.url?.includes('/events') === true) {
          response.write('{"Type":"container","Action":"start"}\n{"Type"');
          setTimeout(() => {
            request.socket.destroy();
          }, 20);
        } else response.end('OK');
      },
      async (engine) => {
        const options = { sinceMs: 0, filters: {} };
        await engine.events(options, signal);
        const seen: string[] = [];
        const read = async (): Promise<void> => {
          for await (const event of await engine.events(options, signal)) seen.push(event.Action);
        };
        await expect(read()).rejects.toMatchObject({ code: 'engineUnavailable' });
        expect(seen).toEqual(['start']);
      },
    );
  });

  it('speaks the older of the two versions', () => {
    expect(lowerVersion('1.44', '1.41')).toBe('1.41');
    expect(lowerVersion('1.44', '1.50')).toBe('1.44');
    expect(lowerVersion('1.44', '2.0')).toBe('1.44');
    expect(lowerVersion('1.44', '')).toBe('1.44');
  });
});
