// `/events` has the engine's lines and the cluster's in one stream; each client gets what it asked for, until either side ends.
import { beforeEach, describe, expect, test } from 'vitest';

import type { ClusterEvent } from '../../../../common/ports/cluster-api.ts';
import { encodeUtf8 } from '../../../../common/pure/utf8.ts';
import { ApiFixture } from '../../../lib/api-fixture.ts';
import { fakeTimeMs, FakeNodeControl } from '../../../lib/fake-cluster.ts';

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

/** What the stream gives when `events` happen while it is read, until its end. */
async function textWhile(target: string, ...events: readonly ClusterEvent[]): Promise<string> {
  const answer = api.ask('GET', target);
  await api.clock.advance(1);
  for (const event of events) api.control.memory.note(event);
  await api.clock.advance(1);
  api.control.endEvents();
  return (await answer).text;
}

describe('events', () => {
  test('of both sides come in one stream, every line whole', async () => {
    engineSays(['{"Type":"conta', 'iner"}\n'], true);
    const text = await textWhile('/events', serviceEvent('web'));
    const lines = text.split('\n').filter((text) => text !== '');
    expect(lines.sort()).toEqual(['{"Type":"container"}', line('web').trim()].sort());
  });

  test("end with the engine's stream, so that nothing is lost silently", async () => {
    engineSays(['{"a":1}\n'], false);
    expect((await api.ask('GET', '/events')).text).toBe('{"a":1}\n');
  });

  test('of the cluster come without an engine', async () => {
    api.engine.isDown = true;
    expect(await textWhile('/events', serviceEvent('web'))).toBe(line('web'));
  });

  test('of scope swarm do not ask the engine', async () => {
    const target = withFilters({ scope: ['swarm'] });
    expect(await textWhile(target, serviceEvent('web'))).toBe(line('web'));
    expect(api.engine.requests).toEqual([]);
  });

  test.each([{ scope: ['local'] }, { type: ['container'] }, { type: ['image', 'volume'] }])(
    "with %j are the engine's alone",
    async (filters) => {
      expect(await api.passesThrough('GET', withFilters(filters))).toBe(true);
    },
  );

  test('of a node that is no manager are told by the engine, or not at all', async () => {
    api.control.controlAvailable = false;
    api.engine.isDown = true;
    expect(await api.passesThrough('GET', '/events')).toBe(true);
  });

  test('of a cluster that comes while somebody reads are told', async () => {
    api = new ApiFixture(new FakeNodeControl());
    engineSays([], true);
    expect(await textWhile('/events', serviceEvent('web'))).toBe(line('web'));
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
    const text = await textWhile(withFilters(filters), serviceEvent('web'));
    expect(text).toBe(isShown ? line('web') : '');
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

describe('what was', () => {
  const nowMs = fakeTimeMs + 60_000;

  function eventAt(name: string, timeMs: number): ClusterEvent {
    return { ...serviceEvent(name), timeMs };
  }

  /** An engine's line of a moment, with microseconds that the cluster's times do not have. */
  function engineLine(name: string, timeMs: number): string {
    return `{"Type":"container","name":"${name}","timeNano":${timeMs}000500}\n`;
  }

  /** An engine that remembers `lines` and says nothing new. */
  function engineRemembers(lines: readonly string[]): void {
    api.engine.answers.set('/events', (request, signal) => {
      const isPast = /until=/.test(request.path);
      async function* body(): AsyncGenerator<Uint8Array> {
        if (isPast) yield encodeUtf8(lines.join(''));
        else {
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
        }
      }
      return Promise.resolve({ status: 200, headers: new Map(), body: body() });
    });
  }

  function namesIn(text: string): readonly string[] {
    return [...text.matchAll(/"name":"(\w+)"/g)].map(([, name = '']) => name);
  }

  beforeEach(async () => {
    await api.clock.advance(nowMs - api.clock.wallMs());
    for (const [name, after] of [
      ['one', 0],
      ['two', 2_000],
      ['three', 4_000],
    ] as const) {
      api.control.memory.note(eventAt(name, fakeTimeMs + after));
    }
    engineRemembers([engineLine('local1', fakeTimeMs), engineLine('local2', fakeTimeMs + 3_000)]);
  });

  test('comes in order of time, of both sides, and ends at `until`', async () => {
    const answer = await api.ask('GET', `/events?since=1&until=${nowMs / 1000 - 1}`);
    expect(namesIn(answer.text)).toEqual(['one', 'local1', 'two', 'local2', 'three']);
    expect(api.engine.requests.map(({ path }) => path)).toEqual([
      `/v1.49/events?since=1&until=${nowMs / 1000 - 1}`,
    ]);
  });

  test('comes before what comes, and nothing between the two is lost or told twice', async () => {
    const text = await textWhile('/events?since=1', serviceEvent('new'));
    expect(namesIn(text)).toEqual(['one', 'local1', 'two', 'local2', 'three', 'new']);
    expect(api.engine.requests.map(({ path }) => path)).toEqual([
      '/v1.49/events?since=1767225661.500000000',
      '/v1.49/events?since=1&until=1767225661.499999999',
    ]);
  });

  test.each([
    [`since=${fakeTimeMs / 1000 + 2}`, ['two', 'three']],
    [`until=${fakeTimeMs / 1000 + 2}`, ['one', 'two']],
    [`since=2026-01-01T00:00:03Z&until=${fakeTimeMs / 1000 + 3}`, ['two']],
    [`since=${nowMs / 1000 + 9}`, []],
    ['', []],
  ])('is bounded by %s', async (span, names) => {
    const target = `${withFilters({ type: ['service'] })}&${span}`;
    expect(namesIn(await textWhile(target))).toEqual(names);
  });

  test('passes the filters too', async () => {
    const target = `${withFilters({ service: ['two'], type: ['service'] })}&since=1&until=2000000000`;
    expect(namesIn(await textWhile(target))).toEqual(['two']);
  });

  test('is the cluster alone without an engine', async () => {
    api.engine.isDown = true;
    const answer = await api.ask('GET', `/events?since=1&until=${nowMs / 1000 - 1}`);
    expect(namesIn(answer.text)).toEqual(['one', 'two', 'three']);
  });

  test('reaches back as far as the engine remembers its own, for each type', async () => {
    for (let count = 0; count < 300; count += 1) {
      api.control.memory.note({ ...eventAt(`task${count}`, fakeTimeMs + 5_000), type: 'task' });
    }
    const target = `${withFilters({ scope: ['swarm'] })}&until=${nowMs / 1000 - 1}`;
    const names = namesIn((await api.ask('GET', target)).text);
    expect(names.slice(0, 4)).toEqual(['one', 'two', 'three', 'task44']);
    expect(names.length).toBe(3 + 256);
  });

  test('cannot begin after its end', async () => {
    expect(await api.ask('GET', '/events?since=20&until=10')).toMatchObject({
      status: 400,
      json: { message: '`since` time (20) cannot be after `until` time (10)' },
    });
  });
});
