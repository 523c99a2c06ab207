/** Shows updates, rollbacks, inspection and JSON from the real command over a socket. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { infoJson, nodeJson, serviceJson, taskJson } from '../../lib/cli-objects.ts';
import { FakeDaemon } from '../../lib/fake-daemon.ts';
import { runShoal, type Outcome } from './lib/run.ts';

let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
});

afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
});

function shoal(line: string): Promise<Outcome> {
  return runShoal(daemon.host, line.split(' '));
}

const template = { ContainerSpec: { Image: 'nginx:1', Env: ['B=2'] }, ForceUpdate: 0 };
const web = serviceJson({ id: 's1', name: 'web', spec: { TaskTemplate: template } });

describe('service update', () => {
  test('sends the edited spec with the version that it read', async () => {
    daemon
      .answer('GET /services/web', { json: web })
      .answer('POST /services/s1/update', { json: { Warnings: ['old image'] } });
    expect(await shoal('service update -d --env-add A=1 --image nginx:2 --force web')).toEqual({
      code: 0,
      out: 'web\n',
      err: 'WARNING: old image\n',
    });
    expect(daemon.seen('POST /services/s1/update')).toMatchObject([
      {
        query: { version: '12' },
        body: {
          Name: 'web',
          TaskTemplate: {
            ContainerSpec: { Image: 'nginx:2', Env: ['B=2', 'A=1'] },
            ForceUpdate: 1,
          },
          Mode: { Replicated: { Replicas: 1 } },
        },
      },
    ]);
  });

  test('edits what somebody else made of the service in between', async () => {
    let version = 12;
    daemon
      .answer('GET /services/web', () => ({ json: { ...web, Version: { Index: version } } }))
      .answer('POST /services/s1/update', ({ query }) => {
        version = 13;
        if (query['version'] === '13') return { json: {} };
        const message = 'rpc error: code = Unknown desc = update out of sequence';
        return { status: 500, json: { message } };
      });
    expect(await shoal('service update -d --replicas 3 web')).toMatchObject({ code: 0, err: '' });
    expect(daemon.seen('POST /services/s1/update')).toHaveLength(2);
  });

  test('fails with exit code 3 where the update was rolled back', async () => {
    const states = ['updating', 'rollback_started', 'rollback_completed'];
    let looks = 0;
    daemon
      .answer('GET /services/web', { json: web })
      .answer('POST /services/s1/update', { json: {} })
      .answer('GET /services/s1', () => {
        const State = states[Math.min(looks, 2)];
        looks += 1;
        const UpdateStatus = { State, Message: looks === 2 ? 'task b failed' : 'goes on' };
        return { json: { ...web, UpdateStatus } };
      })
      .answer('GET /tasks', { json: [taskJson({ id: 'a' })] });
    expect(await shoal('service update --image nginx:2 --json -q web')).toEqual({
      code: 3,
      out: `${JSON.stringify({
        ID: 's1',
        Outcome: 'rolledBack',
        Message: 'service web was rolled back: task b failed',
      })}\n`,
      err: 'service web was rolled back: task b failed\n',
    });
  });

  test('--rollback goes with nothing but the options about waiting', async () => {
    expect(await shoal('service update --rollback --force web')).toMatchObject({
      code: 2,
      err: 'other options may not be combined with --rollback\n',
    });
    expect(daemon.requests).toEqual([]);
  });
});

test.each(['service rollback -d web', 'service update --rollback -d web'])(
  '%s asks for the spec before, once',
  async (line) => {
    daemon.answer('GET /services/web', { json: web }).answer('POST /services/s1/update', {
      status: 500,
      json: { message: 'update out of sequence' },
    });
    expect(await shoal(line)).toMatchObject({ code: 1 });
    expect(daemon.seen('POST /services/s1/update')).toMatchObject([
      { query: { version: '12', rollback: 'previous' }, body: { Name: 'web' } },
    ]);
  },
);

describe('inspect', () => {
  test('prints what exists as the daemon gave it, and fails if something does not', async () => {
    const text = '{"ID":"s1","Big":9223372036854775807}';
    daemon.answer('GET /services/web', { text });
    expect(await shoal('service inspect web api')).toEqual({
      code: 1,
      out: '[\n    {\n        "ID": "s1",\n        "Big": 9223372036854775807\n    }\n]\n',
      err: 'no such service: api\n',
    });
    expect(daemon.requests[0]?.query).toEqual({ insertDefaults: 'true' });
  });

  test('node inspect self shows the node that was asked', async () => {
    const id = 'n1aaaaaaaaaaaaaaaaaaaaaaa';
    daemon
      .answer('GET /info', { json: infoJson() })
      .answer(`GET /nodes/${id}`, { json: nodeJson({ id, hostname: 'box' }) });
    const { out } = await shoal('node inspect self --pretty');
    expect(out).toMatch(/^Hostname: +box$/m);
  });
});

test('--json prints lists as the daemon gave them', async () => {
  const service = { ...web, Unknown: 9_007_199_254_740_991 };
  daemon
    .answer('GET /services', { json: [service] })
    .answer('GET /services/web', { json: service })
    .answer('GET /tasks', { json: [taskJson({ id: 't1' })] })
    .answer('GET /nodes', { json: [] })
    .answer('GET /info', { json: infoJson() });
  const printed = async (line: string): Promise<unknown> => {
    const { code, out } = await shoal(line);
    expect(code).toBe(0);
    return JSON.parse(out) as unknown;
  };
  expect(await printed('service ls --json')).toEqual([service]);
  expect(await printed('service ps --json web')).toEqual([taskJson({ id: 't1' })]);
  expect(await printed('node ls --json')).toEqual([]);
  expect(await printed('status --json')).toEqual({
    Info: infoJson(),
    Nodes: [],
    Services: [service],
    Tasks: [taskJson({ id: 't1' })],
  });
});
