// `/events` has the engine's lines and the cluster's in one stream; each client gets what it asked for, until either side ends.
import { beforeEach, describe, expect, test } from 'vitest';

import type { ClusterEvent } from '../../../../common/ports/cluster-api.ts';
import { encodeUtf8 } from '../../../../common/pure/utf8.ts';
import { ApiFixture } from '../../../lib/api-fixture.ts';
import { fakeTimeMs } from '../../../lib/fake-cluster.ts';

let api: ApiFixture;

beforeEach(() => {
  api = new ApiFixture();
});

function serviceEvent(name: string): ClusterEvent {
  return {
    type: 'service',
    action: 'update',
    id: `id-${name}`,
    attributes: new Map([
      ['name', name],
      ['replicas.new', '3'],
    ]),
    timeMs: fakeTimeMs,
  };
}

const line = (name: string): string =>
  `{"Type":"service","Action":"update","Actor":{"ID":"id-${name}","Attributes":{"name":"${name}","replicas.new":"3"}},"scope":"swarm","time":1767225601,"timeNano":1767225601500000000}\n`;

const withFilters = (filters: unknown): string =>
  `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`;

/** The engine says `texts` and then waits for its signal. */
function engineSays(texts: readonly string[], staysOpen: boolean): void {
  api.engine.answers.set('/events', (_, signal) => {
    async function* body(): AsyncGenerator<Uint8Array> {
      for (const text of texts) yield await Promise.resolve(encodeUtf8(text));
      if (!staysOpen) return;
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return Promise.resolve({ status: 200, headers: new Map(), body: body() });
  });
}

describe('events', () => {
  test('of both sides come in one stream, every line whole', async () => {
    engineSays(['{"Type":"conta', 'iner"}\n'], true);
    api.control.api.emit(serviceEvent('web'));
    const answer = api.ask('GET', '/events');
    await api.clock.advance(1);
    api.control.api.emit(undefined);
    const lines = (await answer).text.split('\n').filter((text) => text !== '');
    expect(lines.sort()).toEqual(['{"Type":"container"}', line('web').trim()].sort());
  });

  test("end with the engine's stream, so that nothing is lost silently", async () => {
    engineSays(['{"a":1}\n'], false);
    expect((await api.ask('GET', '/events')).text).toBe('{"a":1}\n');
  });

  test('of the cluster come without an engine', async () => {
    api.engine.isDown = true;
    api.control.api.emit(serviceEvent('web'));
    api.control.api.emit(undefined);
    expect((await api.ask('GET', '/events')).text).toBe(line('web'));
  });

  test('of scope swarm do not ask the engine', async () => {
    api.control.api.emit(serviceEvent('web'));
    api.control.api.emit(undefined);
    expect((await api.ask('GET', withFilters({ scope: ['swarm'] }))).text).toBe(line('web'));
    expect(api.engine.requests).toEqual([]);
  });

  test.each([{ scope: ['local'] }, { type: ['container'] }, { type: ['image', 'volume'] }])(
    "with %j are the engine's alone",
    async (filters) => {
      expect(await api.passesThrough('GET', withFilters(filters))).toBe(true);
    },
  );

  test("on a worker are the engine's alone", async () => {
    api.control.controlAvailable = false;
    expect(await api.passesThrough('GET', '/events')).toBe(true);
  });

  test.each([
    [{ type: ['service'] }, true],
    [{ type: ['node'] }, false],
    [{ type: ['service'], event: ['update'] }, true],
    [{ type: ['service'], event: ['create'] }, false],
    [{ type: ['service'], service: ['web'] }, true],
    [{ type: ['service'], service: ['id-w'] }, true],
    [{ type: ['service'], service: ['db'] }, false],
    [{ type: ['service'], node: ['n'] }, false],
    [{ type: ['service'], label: ['replicas.new=3'] }, true],
    [{ type: ['service'], label: ['replicas.new=4'] }, false],
  ])('with %j are filtered: %s', async (filters, isShown) => {
    api.control.api.emit(serviceEvent('web'));
    api.control.api.emit(undefined);
    expect((await api.ask('GET', withFilters(filters))).text).toBe(isShown ? line('web') : '');
  });

  test('end at `until`', async () => {
    const until = api.clock.wallMs() / 1000 + 5;
    const answer = api.ask('GET', `${withFilters({ scope: ['swarm'] })}&until=${until}`);
    await api.clock.advance(5000);
    expect((await answer).text).toBe('');
  });

  test.each([
    ['application/jsonl, application/x-ndjson;q=0.9', 'application/jsonl'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['*/*', 'application/json'],
  ])('for %s are %s', async (accept, type) => {
    engineSays([], false);
    const { headers } = await api.ask('GET', '/events', { headers: { accept } });
    expect(headers.get('content-type')).toBe(type);
  });

  test("the engine's refusal is the answer", async () => {
    api.engine.json('/events', { message: 'no' }, 400);
    expect(await api.ask('GET', '/events')).toMatchObject({ status: 400, json: { message: 'no' } });
  });

  test.each([
    ['/events?until=yesterday', 'until: "yesterday" is not a time: expected seconds or RFC 3339'],
    ['/events?since=1e9', 'since: "1e9" is not a time: expected seconds or RFC 3339'],
    [withFilters({ colour: ['red'] }), "invalid filter 'colour'"],
  ])('%s is refused', async (target, text) => {
    expect(await api.ask('GET', target)).toMatchObject({ status: 400, json: { message: text } });
  });
});
