// Asks for the logs of services and tasks over a cluster in memory, and takes the answer apart as clients do.
import { beforeEach, describe, expect, test } from 'vitest';
import type { LogLineMessage, LogMessage } from '../../../../common/ports/cluster-api.ts';
import { concatBytes } from '../../../../common/pure/bytes.ts';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { decodeUtf8, encodeUtf8 } from '../../../../common/pure/utf8.ts';
import type { Response } from '../../../../node/httpapi/http.ts';
import { ApiFixture } from '../../../lib/api-fixture.ts';

let api: ApiFixture;

beforeEach(async () => {
  api = new ApiFixture();
  for (const [Name, TTY] of [
    ['web', false],
    ['shell', true],
  ] as const) {
    const body = { Name, TaskTemplate: { ContainerSpec: { Image: 'nginx', TTY } } };
    expect((await api.ask('POST', '/services/create', { body })).status).toBe(201);
  }
});

const origin = { serviceId: 's1', taskId: 't1', nodeId: 'n1' };

function line(text: string, fields: Partial<LogLineMessage> = {}): LogLineMessage {
  return {
    kind: 'line',
    ...origin,
    source: 'stdout',
    timestamp: '2026-01-01T00:00:01.500000000Z',
    details: '',
    text: encodeUtf8(text),
    ...fields,
  };
}

function tell(...messages: readonly LogMessage[]): void {
  api.control.api.logMessages = [...messages];
}

async function open(target: string, signal?: AbortSignal): Promise<Response> {
  const response = await api.open('GET', target, signal === undefined ? {} : { signal });
  if (response === undefined) throw new Error('passed through');
  return response;
}

async function bytes({ body }: Response): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return concatBytes(pieces);
}

/** The frames of a multiplexed stream: `1 text`. */
async function frames(response: Response): Promise<string[]> {
  const all = await bytes(response);
  const view = new DataView(all.buffer, all.byteOffset);
  const found: string[] = [];
  for (let at = 0; at < all.length;) {
    expect(view.getUint32(at) & 0xffffff).toBe(0);
    const end = at + 8 + view.getUint32(at + 4);
    found.push(`${view.getUint8(at)} ${decodeUtf8(all.subarray(at + 8, end))}`);
    at = end;
  }
  return found;
}

describe('logs', () => {
  test('are frames of the two outputs, named so since 1.42', async () => {
    tell(line('hello\n'), line('oops\n', { source: 'stderr' }));
    const response = await open('/v1.42/services/web/logs?stdout=1&stderr=1');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/vnd.docker.multiplexed-stream');
    expect(await frames(response)).toEqual(['1 hello\n', '2 oops\n']);
    const older = await open('/v1.41/services/web/logs?stdout=1&stderr=1');
    expect(older.headers.get('content-type')).toBe('application/vnd.docker.raw-stream');
    expect(await frames(older)).toEqual(['1 hello\n', '2 oops\n']);
  });

  test('of a service with terminals are bare lines', async () => {
    tell(line('hello\r\n'), line('more\r\n'));
    const response = await open('/services/shell/logs?stdout=1&timestamps=1');
    expect(response.headers.get('content-type')).toBe('application/vnd.docker.raw-stream');
    const time = '2026-01-01T00:00:01.500000000Z';
    expect(decodeUtf8(await bytes(response))).toBe(`${time} hello\r\n${time} more\r\n`);
  });

  test('have time and details before each line, details in order of their names', async () => {
    const details = 'zone=eu,a%2Cb=c%3Dd,com.docker.swarm.node.id=forged';
    tell(line('one\n'), line('two\n', { details }), line('three\n', { taskId: 't2' }));
    const own =
      'com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t';
    expect(await frames(await open('/services/web/logs?stdout=1&details=1'))).toEqual([
      `1 ${own}1 one\n`,
      `1 a%2Cb=c%3Dd,${own}1,zone=eu two\n`,
      `1 ${own}2 three\n`,
    ]);
    expect(
      (await frames(await open('/services/web/logs?stdout=1&details=1&timestamps=1')))[0],
    ).toBe(`1 2026-01-01T00:00:01.500000000Z ${own}1 one\n`);
  });

  test('are asked of the cluster as the client asks for them', async () => {
    const asked = async (query: string): Promise<unknown> => {
      await bytes(await open(`/services/web/logs?${query}`));
      return api.control.api.logsAsked;
    };
    const ref = [...api.control.api.services.keys()][0];
    expect(await asked('stdout=1')).toEqual({
      selector: { kind: 'service', ref },
      options: { stdout: true, stderr: false, follow: false, since: '', tail: undefined },
    });
    const full = 'stdout=1&stderr=true&tail=5&since=1136073845.000000001';
    expect(await asked(full)).toMatchObject({
      options: { stderr: true, tail: 5, since: '1136073845.000000001' },
    });
    expect(await asked('stdout=1&tail=all&since=17.5')).toMatchObject({
      options: { tail: undefined, since: '17.500000000' },
    });
    expect(await asked('stdout=1&since=2026-01-01T00:00:01.5Z')).toMatchObject({
      options: { since: '1767225601.500000000' },
    });
    expect(await asked('stdout=1&tail=0&since=0')).toMatchObject({
      options: { tail: 0, since: '' },
    });
  });

  test('of a task are found by its id', async () => {
    tell(line('hello\n'));
    const tasks = (await api.ask('GET', '/tasks')).json as readonly { readonly ID: string }[];
    const id = tasks[0]?.ID ?? '';
    expect(await frames(await open(`/tasks/${id}/logs?stdout=1`))).toEqual(['1 hello\n']);
    expect(api.control.api.logsAsked?.selector).toEqual({ kind: 'task', ref: id });
  });

  test('are refused in the words of Docker before anything is sent', async () => {
    const refusals = [
      ['/services/none/logs?stdout=1', 404, 'service none not found'],
      ['/tasks/none/logs?stdout=1', 404, 'task none not found'],
      ['/services/web/logs', 400, "must specify at least one of 'stdout' or 'stderr'"],
      ['/services/web/logs?stdout=1&tail=x', 500, 'tail value must be a positive integer or "all"'],
      ['/services/web/logs?stdout=1&tail=-1', 400, 'negative tail values not supported'],
      [
        '/services/web/logs?stdout=1&since=noon',
        400,
        'since: "noon" is not a time: expected seconds or RFC 3339',
      ],
    ] as const;
    for (const [target, status, message] of refusals) {
      expect(await api.ask('GET', target)).toMatchObject({ status, json: { message } });
    }
    expect(api.control.api.openLogs).toBe(0);
  });
});

describe('what is missing', () => {
  const incomplete =
    'Error grabbing logs: rpc error: code = Unknown desc = warning: incomplete log stream. some logs could not be retrieved for the following reasons:';

  test('comes last, as the error of the daemon that clients show', async () => {
    tell({ kind: 'nodeMissing', ...origin }, line('hello\n'), {
      kind: 'taskMissing',
      ...origin,
      reason: 'no such log',
    });
    expect(await frames(await open('/services/web/logs?stdout=1'))).toEqual([
      '1 hello\n',
      `3 ${incomplete} node n1 is not available, task t1: no such log\n`,
    ]);
  });

  test('is a line among the others while logs are followed', async () => {
    tell({ kind: 'nodeMissing', ...origin }, line('hello\n'));
    const gone = new AbortController();
    const query = 'stdout=1&stderr=1&follow=1&details=1&timestamps=1';
    const { body } = await open(`/services/web/logs?${query}`, gone.signal);
    if (body instanceof Uint8Array) throw new Error('not a stream');
    const pieces = body[Symbol.asyncIterator]();
    const notice = decodeUtf8(((await pieces.next()).value as Uint8Array).subarray(8));
    expect(notice).toBe(
      '2026-01-01T00:00:00.000000000Z com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1 ' +
        'warning: some logs are missing: node n1 is not available\n',
    );
    await pieces.next();
    const last = pieces.next();
    gone.abort(new ShoalError('cancelled', 'gone'));
    expect((await last).done).toBe(true);
    expect(api.control.api.openLogs).toBe(0);
  });

  test('is said of a stream that breaks off, too', async () => {
    api.control.api.logs = async function* () {
      yield [line('hello\n')];
      throw new ShoalError('tooBusy', 'too many logs are being read');
    };
    expect(await frames(await open('/services/web/logs?stdout=1'))).toEqual([
      '1 hello\n',
      '3 Error grabbing logs: rpc error: code = ResourceExhausted desc = too many logs are being read\n',
    ]);
  });
});
