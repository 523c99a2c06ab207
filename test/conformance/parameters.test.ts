/** Every parameter of a query that the API's definitions have for the swarm is taken, with an effect, or refused in words: none is dropped. */
import { expect, test } from 'vitest';

import type { JsonObject } from '../../proto/http/json.ts';
import { ApiRig } from '../lib/api/api-rig.ts';
import { ApiDefinitions } from '../lib/api/definitions.ts';
import { smallService } from '../lib/api/session.ts';

const definitions = ApiDefinitions.load();

interface Case {
  readonly target: string;
  readonly body?: JsonObject;
  readonly status: number;
  /** Stands in the answer. */
  readonly says: string;
}

function filter(path: string, filters: object, says: string, status = 200): Case {
  return { target: `${path}?filters=${encodeURIComponent(JSON.stringify(filters))}`, status, says };
}

const notYet = 501;
const node = { Role: 'manager', Availability: 'active' };
const noFlag = 'strconv.ParseBool: parsing \\"maybe\\": invalid syntax';

/** One case or more for each parameter, by route and name. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  'POST /swarm/leave force': [
    { target: '/swarm/leave', status: 503, says: 'Use `--force` to ignore this message' },
    { target: '/swarm/leave?force=1', status: 200, says: '' },
  ],
  'POST /swarm/update version': [
    { target: '/swarm/update?version=x', body: {}, status: 400, says: "invalid swarm version 'x'" },
    { target: '/swarm/update?version=9999', body: {}, status: 500, says: 'update out of sequence' },
  ],
  ...Object.fromEntries(
    ['rotateWorkerToken', 'rotateManagerToken', 'rotateManagerUnlockKey'].map((name) => [
      `POST /swarm/update ${name}`,
      [
        { target: `/swarm/update?version=1&${name}=true`, body: {}, status: notYet, says: name },
        { target: `/swarm/update?version=1&${name}=maybe`, body: {}, status: 400, says: noFlag },
      ],
    ]),
  ),
  'GET /nodes filters': [
    filter('/nodes', { id: ['n1'] }, '"ID":"n1"'),
    filter('/nodes', { name: ['host2'] }, '"ID":"n2"'),
    filter('/nodes', { label: ['gpu=yes'] }, '"ID":"n1"'),
    filter('/nodes', { 'node.label': ['zone=eu'] }, '"ID":"n1"'),
    filter('/nodes', { role: ['worker'] }, '"ID":"n2"'),
    filter('/nodes', { membership: ['pending'] }, '[]'),
    filter('/nodes', { membership: ['x'] }, "Invalid membership filter: 'x'", 400),
  ],
  'POST /nodes/{id}/update version': [
    { target: '/nodes/n1/update', body: node, status: 400, says: "invalid node version ''" },
    { target: '/nodes/n1/update?version=1', body: node, status: 500, says: 'out of sequence' },
  ],
  'DELETE /nodes/{id} force': [{ target: '/nodes/n2?force=1', status: 200, says: '' }],
  'GET /services filters': [
    filter('/services', { id: ['s1'] }, '"ID":"s1"'),
    filter('/services', { name: ['we'] }, '"ID":"s1"'),
    filter('/services', { name: ['x'] }, '[]'),
    filter('/services', { label: ['tier=front'] }, '"ID":"s1"'),
    filter('/services', { mode: ['global'] }, '[]'),
    filter('/services', { runtime: ['container'] }, '"ID":"s1"'),
  ],
  'GET /services status': [
    { target: '/services?status=true', status: 200, says: '"DesiredTasks":3' },
    { target: '/services?status=maybe', status: 400, says: noFlag },
  ],
  'GET /services/{id} insertDefaults': [
    { target: '/services/s1?insertDefaults=true', status: 200, says: '"Condition":"any"' },
    { target: '/services/s1?insertDefaults=maybe', status: 400, says: noFlag },
  ],
  'POST /services/{id}/update version': [
    {
      target: '/services/s1/update',
      body: smallService('web'),
      status: 400,
      says: 'invalid service version',
    },
  ],
  'POST /services/{id}/update registryAuthFrom': [
    {
      target: '/services/s1/update?version=1&registryAuthFrom=x',
      body: smallService('web'),
      status: 400,
      says: 'unsupported registryAuthFrom value',
    },
  ],
  'POST /services/{id}/update rollback': [
    {
      target: '/services/s1/update?version=1&rollback=x',
      body: smallService('web'),
      status: 400,
      says: 'unrecognized rollback option x',
    },
  ],
  'GET /tasks filters': [
    filter('/tasks', { id: ['old'] }, '"ID":"old"'),
    filter('/tasks', { name: ['web.2'] }, '"ID":"new"'),
    filter('/tasks', { label: ['tier=front'] }, '"ID":"old"'),
    filter('/tasks', { service: ['web'] }, '"ID":"new"'),
    filter('/tasks', { service: ['nope'] }, 'service nope not found', 404),
    filter('/tasks', { node: ['host1'] }, '"ID":"old"'),
    filter('/tasks', { 'desired-state': ['running'] }, '"ID":"new"'),
    filter('/tasks', { runtime: ['plugin'] }, '[]'),
    filter('/tasks', { '_up-to-date': ['false'] }, '[]'),
  ],
  'GET /secrets filters': [filter('/secrets', { name: ['x'] }, '[]')],
  'GET /configs filters': [filter('/configs', { id: ['x'] }, '[]')],
  'POST /secrets/{id}/update version': [
    { target: '/secrets/x/update?version=1', body: {}, status: 404, says: 'secret x not found' },
  ],
  'POST /configs/{id}/update version': [
    { target: '/configs/x/update?version=1', body: {}, status: 404, says: 'config x not found' },
  ],
  ...logCases('services', 's1'),
  ...logCases('tasks', 'old'),
};

/** What the streams hold is shown with real tasks; here, that each parameter is read. */
function logCases(kind: string, id: string): Readonly<Record<string, readonly Case[]>> {
  const path = `/${kind}/${id}/logs`;
  const no = {
    target: `${path}?stdout=0`,
    status: 400,
    says: "at least one of 'stdout' or 'stderr'",
  };
  const read = (query: string, says = '', status = 200): readonly Case[] => [
    { target: `${path}?stdout=1&${query}`, status, says },
  ];
  const route = `GET /${kind}/{id}/logs`;
  return {
    [`${route} stdout`]: [no],
    [`${route} stderr`]: [no, { target: `${path}?stderr=1`, status: 200, says: '' }],
    [`${route} details`]: read('details=1'),
    [`${route} follow`]: read('follow=1'),
    [`${route} timestamps`]: read('timestamps=1'),
    [`${route} since`]: read('since=x', 'is not a time', 400),
    [`${route} tail`]: read('tail=x', 'tail value must be a positive integer', 500),
  };
}

const flat = Object.entries(cases).flatMap(([name, several]) =>
  several.map((one) => [name, one.target, one] as const),
);

test.each(flat)('%s: %s', async (name, target, { body, status, says }) => {
  const rig = new ApiRig();
  rig.found();
  await rig.cluster.populate();
  const [method = ''] = name.split(' ');
  const answer = await rig.api.ask(method, target, body === undefined ? {} : { body });
  expect(answer).toMatchObject({ status });
  expect(answer.text).toContain(says);
});

/** What is the engine's as well stands in tests of its own: events, networks. */
const swarmRoutes = /^\w+ \/(?:swarm|nodes|services|tasks|secrets|configs)\b/;

test.skipIf(definitions === undefined)('every parameter has a case', () => {
  const routes = definitions?.routes.filter((route) => swarmRoutes.test(route)) ?? [];
  const names = routes.flatMap((route) =>
    (definitions?.queryOf(route) ?? []).map((name) => `${route} ${name}`),
  );
  expect(names.length).toBeGreaterThan(30);
  expect(Object.keys(cases).sort()).toEqual(names.sort());
});
