/** A real daemon over a real engine: its answers against the API's definitions, and events that are told afterwards and across the end of a swarm. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage } from '../integration/lib/test-image.ts';
import { ApiDefinitions } from '../lib/api/definitions.ts';
import { knownOfEngines, knownProblems, unknownProblems } from '../lib/api/known-problems.ts';
import {
  type Ask,
  askWrongly,
  changeService,
  readAll,
  Session,
  smallService,
} from '../lib/api/session.ts';
import { ShoalNode } from './lib/shoal-node.ts';

const definitions = ApiDefinitions.load();

let engine: Dockerd;
let node: ShoalNode;

beforeAll(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  node = await ShoalNode.start(engine);
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await engine.stop();
});

const ask: Ask = (method, target, body) => {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const headers = { 'content-type': 'application/json' };
  const { socketPath } = node;
  const call = request({ socketPath, path: target, method, headers }, (response) => {
    let text = '';
    response.setEncoding('latin1');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('error', reject);
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, text });
    });
  });
  call.on('error', reject);
  call.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
};

/** Reads events from now on; `heard` has what came until then. */
function listen(filters: object): {
  readonly heard: () => readonly EventLine[];
  readonly stop: () => void;
} {
  let text = '';
  const path = `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  const call = request({ socketPath: node.socketPath, path }, (response) => {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('error', () => undefined);
  });
  call.on('error', () => undefined);
  call.end();
  return { heard: () => eventsIn(text), stop: () => call.destroy() };
}

interface EventLine {
  readonly Type: string;
  readonly Action: string;
  readonly timeNano: number;
}

function eventsIn(text: string): readonly EventLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventLine);
}

const init = { ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1' };

test.skipIf(definitions === undefined)('a node answers as the API is defined', async () => {
  const session = new Session(ask);
  await readAll(session);
  await session.ask('POST', '/swarm/init', init);
  await readAll(session);
  await askWrongly(session);
  await changeService(session, { ...smallService('web'), Labels: { a: 'b' } });
  await session.get('/distribution/shoal-test/web:1/json');
  await session.lines(`/events?since=1&until=${Date.now() / 1000 - 0.001}`);
  await session.ask('POST', '/swarm/leave?force=1');
  expect(session.answers.length).toBeGreaterThan(100);
  const problems = session.answers.flatMap((answer) => definitions?.problems(answer) ?? []);
  expect(unknownProblems(problems, [...knownProblems, ...knownOfEngines])).toEqual([]);
});

test('events go on while the node makes and leaves swarms, and are told afterwards in order', async () => {
  const since = Date.now() / 1000;
  const { heard, stop } = listen({ type: ['node', 'service'] });
  for (const name of ['one', 'two']) {
    expect((await ask('POST', '/swarm/init', init))?.status).toBe(200);
    expect((await ask('POST', '/services/create', smallService(name)))?.status).toBe(201);
    await shown('/tasks', '"State":"running"');
    expect((await ask('POST', '/swarm/leave?force=1'))?.status).toBe(200);
  }
  const made = ({ Action }: EventLine): boolean => Action === 'create';
  expect(
    heard()
      .filter(made)
      .map(({ Type }) => Type),
  ).toEqual(['node', 'service', 'node', 'service']);
  stop();
  const answer = await ask('GET', `/events?since=${since}&until=${Date.now() / 1000 - 0.001}`);
  const past = eventsIn(answer?.text ?? '');
  const types = new Set(past.map(({ Type }) => Type));
  expect([...types].sort()).toEqual(
    expect.arrayContaining(['container', 'node', 'service', 'task']),
  );
  expect(past.map(({ timeNano }) => timeNano)).toEqual(
    past.map(({ timeNano }) => timeNano).toSorted((left, right) => left - right),
  );
});

test('a node whose engine is gone is down, and ready when it is back', async () => {
  await ask('POST', '/swarm/init', init);
  await shown('/nodes', '"State":"ready"');
  await engine.halt('SIGTERM');
  const text = await shown('/nodes', '"State":"down"');
  expect(text).toContain('"Message":"the Docker Engine of this node does not answer"');
  await engine.start();
  await shown('/nodes', '"State":"ready"');
  await ask('POST', '/swarm/leave?force=1');
});

/** Waits until a list says something. @returns the list */
async function shown(target: string, what: string): Promise<string> {
  const deadlineMs = performance.now() + 30_000;
  for (;;) {
    const { text = '' } = (await ask('GET', target)) ?? {};
    if (text.includes(what)) return text;
    if (performance.now() > deadlineMs) throw new Error(`${target} never says ${what}: ${text}`);
    await sleep(50);
  }
}
