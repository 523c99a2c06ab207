// What registries are asked through the engine while they answer, while they do not, and how long clients wait.
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../../../common/pure/utf8.ts';
import { limits } from '../../../../common/pure/limits.ts';
import type { Response } from '../../../../node/httpapi/http.ts';
import { ApiFixture, type Answer } from '../../../lib/api-fixture.ts';

let api: ApiFixture;

beforeEach(() => {
  api = new ApiFixture();
});

/** Answers of the engine that come when told. */
class Registry {
  readonly #waiting: ((response: Response) => void)[] = [];

  constructor(...images: readonly string[]) {
    for (const image of images)
      api.engine.answers.set(`/distribution/${image}/json`, (_, signal) => {
        const { promise, resolve, reject } = Promise.withResolvers<Response>();
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => {
          reject(signal.reason);
        });
        return promise;
      });
  }

  async answer(status = 200): Promise<void> {
    this.#waiting.shift()?.({ status, headers: new Map(), body: encodeUtf8('{"message":"x"}') });
    await api.clock.settle();
  }

  get asked(): number {
    return api.engine.requests.filter(({ path }) => path.includes('/distribution/')).length;
  }
}

async function lookUp(image: string): Promise<Answer> {
  return await api.ask('GET', `/distribution/${image}/json`);
}

const late = { status: 503, json: { message: 'the registry does not answer in time' } };

describe('a registry that does not answer', () => {
  test('is asked once, whatever clients want of it, and each client waits no longer than the limit', async () => {
    const registry = new Registry('reg:5000/a', 'reg:5000/b');
    const first = lookUp('reg:5000/a');
    const second = lookUp('reg:5000/b');
    await api.clock.advance(limits.apiDistributionMs - 1);
    const third = lookUp('reg:5000/b');
    await api.clock.advance(1);
    expect([await first, await second]).toMatchObject([late, late]);
    expect(await lookUp('reg:5000/c')).toMatchObject(late);
    await api.clock.advance(limits.apiDistributionMs);
    expect(await third).toMatchObject(late);
    expect(registry.asked).toBe(1);
  });

  test('is asked again a while after the engine gave up', async () => {
    const registry = new Registry('reg:5000/a');
    const first = lookUp('reg:5000/a');
    await api.clock.advance(40_000);
    expect(await first).toMatchObject(late);
    await registry.answer(500);
    await api.clock.advance(limits.registrySilentMs - 1);
    expect(await lookUp('reg:5000/a')).toMatchObject(late);
    expect(registry.asked).toBe(1);
    await api.clock.advance(1);
    const again = lookUp('reg:5000/a');
    await api.clock.settle();
    await registry.answer();
    expect(await again).toMatchObject({ status: 200 });
  });

  test('keeps nobody from another one', async () => {
    new Registry('reg:5000/a');
    void lookUp('reg:5000/a');
    api.engine.json('/distribution/a/json', {});
    expect(await lookUp('a')).toMatchObject({ status: 200 });
  });

  test('is forgotten by an engine that does not answer either', async () => {
    const registry = new Registry('reg:5000/a');
    const first = lookUp('reg:5000/a');
    await api.clock.advance(limits.apiEngineAnswerMs + limits.registrySilentMs);
    expect(await first).toMatchObject(late);
    void lookUp('reg:5000/a');
    await api.clock.settle();
    expect(registry.asked).toBe(2);
  });
});

describe('a registry that answers', () => {
  test('is asked once by all who ask the same with the same login', async () => {
    const registry = new Registry('reg:5000/a');
    const asked = [1, 2, 3].map(() => lookUp('reg:5000/a'));
    const other = api.ask('GET', '/distribution/reg:5000/a/json', {
      headers: { 'x-registry-auth': 'mine' },
    });
    await api.clock.settle();
    await registry.answer(401);
    await registry.answer();
    expect(await Promise.all(asked)).toMatchObject([
      { status: 401 },
      { status: 401 },
      { status: 401 },
    ]);
    expect(await other).toMatchObject({ status: 200 });
    expect(registry.asked).toBe(2);
  });

  test('is asked several things at once after it has shown that it answers', async () => {
    const images = Array.from(
      { length: limits.registryLookupsAtOnce + 2 },
      (_, i) => `reg:5000/i${i}`,
    );
    const registry = new Registry(...images);
    const asked = images.map(lookUp);
    await api.clock.settle();
    expect(registry.asked).toBe(1);
    await registry.answer();
    expect(registry.asked).toBe(1 + limits.registryLookupsAtOnce);
    for (const _ of images) await registry.answer();
    for (const answer of await Promise.all(asked)) expect(answer.status).toBe(200);
  });

  test('is not asked for a client that left before its turn', async () => {
    const registry = new Registry('reg:5000/a', 'reg:5000/b');
    const leaving = new AbortController();
    const first = lookUp('reg:5000/a');
    void api
      .ask('GET', '/distribution/reg:5000/b/json', { signal: leaving.signal })
      .catch(() => undefined);
    await api.clock.settle();
    leaving.abort(new Error('gone'));
    await api.clock.settle();
    await registry.answer();
    expect(await first).toMatchObject({ status: 200 });
    expect(registry.asked).toBe(1);
  });
});

test('more images than can wait are refused at once', async () => {
  const images = Array.from(
    { length: limits.registryLookups + 1 },
    (_, index) => `reg:5000/i${index}`,
  );
  new Registry(...images);
  const asked = images.map(lookUp);
  expect((await asked.at(-1))?.status).toBe(503);
  await api.clock.advance(limits.apiDistributionMs);
  await Promise.all(asked);
});
