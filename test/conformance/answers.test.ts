/** Holds every answer about the swarm to the definitions of the Docker API: what must be there is, nothing else is, and the status is theirs. */
import { beforeAll, describe, expect, test } from 'vitest';

import { ApiRig } from '../lib/api/api-rig.ts';
import { ApiDefinitions, type Answered, type Problem } from '../lib/api/definitions.ts';
import { knownProblems, unknownProblems, unusedKnown } from '../lib/api/known-problems.ts';
import {
  askWrongly,
  changeService,
  fullService,
  readAll,
  readEach,
  Session,
  smallService,
  textAt,
} from '../lib/api/session.ts';

const definitions = ApiDefinitions.load();

function session(rig: ApiRig): Session {
  return new Session(async (method, target, body) => {
    const options = body === undefined ? {} : { body };
    return await rig.api.tryAsk(method, target, options);
  });
}

/** All that a client of one node can ask, in all states that the node can be in. */
async function askAll(): Promise<readonly Answered[]> {
  const outside = new ApiRig(false);
  const before = session(outside);
  await readAll(before);
  await before.ask('POST', '/services/create', smallService('x'));
  await before.ask('POST', '/swarm/leave');
  await before.ask('POST', '/swarm/init', { ListenAddr: '0.0.0.0' });
  await before.ask('POST', '/swarm/join', { ListenAddr: '0.0.0.0' });
  const rig = new ApiRig();
  rig.found();
  rig.api.engine.json('/networks', []);
  rig.api.engine.json('/distribution/web/json', distribution);
  await rig.cluster.populate();
  const inside = session(rig);
  await readAll(inside);
  await askWrongly(inside);
  await changeService(inside, fullService('full'));
  await changeService(inside, smallService('small'));
  const created = await inside.ask('POST', '/services/create', fullService('kept'));
  rig.runTask(textAt(created, 'ID'));
  await readAll(inside);
  await readEach(inside);
  for (const [method, target] of notThere) await inside.ask(method, target, { Driver: 'overlay' });
  await inside.get('/distribution/web/json');
  await readEvents(inside, rig);
  await inside.ask('POST', '/swarm/leave?force=1');
  return [...before.answers, ...inside.answers];
}

/** What an engine says of an image. */
const distribution = {
  Descriptor: { mediaType: 'application/vnd.oci.image.index.v1+json', digest: 'sha256:0', size: 7 },
  Platforms: [{ architecture: 'amd64', os: 'linux' }],
};

/** What is refused by its name. */
const notThere: readonly (readonly [string, string])[] = [
  ['POST', '/networks/create'],
  ['POST', '/secrets/create'],
  ['POST', '/configs/create'],
  ['DELETE', '/networks/ingress'],
  ['DELETE', '/nodes/n2'],
];

async function readEvents(inside: Session, rig: ApiRig): Promise<void> {
  for (const type of ['service', 'node', 'network', 'task'] as const) {
    rig.api.control.memory.note({
      type,
      action: 'create',
      id: 'i',
      attributes: new Map([['name', 'n']]),
      timeMs: 1,
    });
  }
  await inside.lines(`/events?until=1&filters=${encodeURIComponent('{"scope":["swarm"]}')}`);
}

const swarmRoutes =
  /^\w+ \/(?:swarm|nodes|services|tasks|secrets|configs|info|version|events|distribution|networks)\b(?!.*(?:connect|disconnect|prune|create)$)/;

describe.skipIf(definitions === undefined)('the answers', () => {
  let answers: readonly Answered[] = [];
  let problems: readonly Problem[] = [];

  beforeAll(async () => {
    answers = await askAll();
    problems = answers.flatMap((answer) => definitions?.problems(answer) ?? []);
  });

  test('are as defined, but for what is known', () => {
    expect(answers.length).toBeGreaterThan(150);
    expect(unknownProblems(problems, knownProblems)).toEqual([]);
  });

  test('have every problem that is known', () => {
    expect(unusedKnown(problems, knownProblems)).toEqual([]);
  });

  test('are those of every route of the swarm', () => {
    const routes = definitions?.routes.filter((route) => swarmRoutes.test(route)) ?? [];
    expect(routes.length).toBeGreaterThan(25);
    const asked = new Set(
      answers.flatMap(({ method, path }) => definitions?.routeOf(method, path) ?? []),
    );
    expect(routes.filter((route) => !asked.has(route))).toEqual([]);
  });
});

describe.skipIf(definitions === undefined)('the check', () => {
  const task = { ID: 'a', Version: { Index: 1 }, CreatedAt: '2026-01-01T00:00:00Z', Status: {} };

  test.each<[string, Partial<Answered>, string, string]>([
    ['a field too many', { body: { ...task, Extra: null } }, '/Extra', 'field is not defined'],
    [
      'a field too many inside',
      { body: { ...task, Status: { Oops: 1 } } },
      '/Status/Oops',
      'field is not defined',
    ],
    ['a number as text', { body: { ...task, Slot: '1' } }, '/Slot', 'must be integer'],
    ['null where it may not be', { body: { ...task, Labels: null } }, '/Labels', 'must be object'],
    [
      'a word that is none',
      { body: { ...task, DesiredState: 'flying' } },
      '/DesiredState',
      'must be equal to one of the allowed values',
    ],
    ['a list instead of an object', { body: [task] }, '', 'must be object'],
    ['nothing', { body: undefined }, '', 'must be object'],
    ['a status that is not defined', { status: 204 }, '', 'status is not defined'],
    ['a path that is not defined', { path: '/jobs' }, '', 'no such route is defined'],
    [
      'an error without a message',
      { status: 404, body: {} },
      '',
      "must have required property 'message'",
    ],
    [
      'a list with one wrong row',
      { path: '/tasks', body: [task, { ...task, Extra: 1 }] },
      '/*/Extra',
      'field is not defined',
    ],
  ])('finds %s', (_, wrong, at, text) => {
    const right = { method: 'GET', path: '/tasks/a', status: 200, body: task };
    expect(definitions?.problems(right)).toEqual([]);
    expect(definitions?.problems({ ...right, ...wrong })).toMatchObject([{ at, text }]);
  });
});
