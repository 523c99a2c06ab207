import type { JsonObject, JsonValue } from '../../../proto/http/json.ts';
import { requestTarget } from '../../../node/httpapi/target.ts';
import type { Answered } from './definitions.ts';
import { serviceSamples, valueAt, withValue } from './spec-samples.ts';

/** Asks an API and reads its answer whole; undefined for what is not this API's to answer. */
export type Ask = (
  method: string,
  target: string,
  body?: JsonValue,
) => Promise<{ readonly status: number; readonly text: string } | undefined>;

/** Keeps every answer, decoded, for `ApiDefinitions`. */
export class Session {
  readonly answers: Answered[] = [];
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** @returns the body of the answer; undefined when it was empty or no JSON. */
  async ask(method: string, target: string, body?: JsonValue): Promise<JsonValue | undefined> {
    const answer = await this.#ask(method, target, body);
    if (answer === undefined) return undefined;
    const { status, text } = answer;
    const { path } = requestTarget(target);
    const decoded = text === '' ? undefined : decode(text);
    this.answers.push({ method, path, status, body: decoded });
    return decoded;
  }

  async get(target: string): Promise<JsonValue | undefined> {
    return await this.ask('GET', target);
  }

  /** The answer is one JSON text a line, each of which is defined. */
  async lines(target: string): Promise<void> {
    const answer = await this.#ask('GET', target);
    if (answer === undefined) return;
    const { status, text } = answer;
    const { path } = requestTarget(target);
    for (const line of text.split('\n').filter((one) => one !== '')) {
      this.answers.push({ method: 'GET', path, status, body: decode(line) });
    }
  }
}

/** Text that is no JSON stands for itself: a stream of logs is one. */
function decode(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** Every list and object of the cluster, and what is said of those that are not there. */
export async function readAll(session: Session): Promise<void> {
  for (const target of [
    '/info',
    '/version',
    '/swarm',
    '/swarm/unlockkey',
    '/nodes',
    '/services',
    '/services?status=true',
    '/tasks',
    '/networks',
    '/secrets',
    '/configs',
    '/nodes/nope',
    '/services/nope',
    '/services/nope/logs?stdout=1',
    '/tasks/nope',
    '/tasks/nope/logs?stdout=1',
    '/networks/nope?scope=swarm',
    '/secrets/nope',
    '/configs/nope',
  ]) {
    await session.get(target);
  }
}

/** The objects of each list one by one, services with their defaults too, and what their tasks wrote. */
export async function readEach(session: Session): Promise<void> {
  for (const kind of ['nodes', 'services', 'tasks', 'networks'] as const) {
    for (const object of listed(await session.get(`/${kind}`))) {
      const id = textAt(object, kind === 'networks' ? 'Id' : 'ID');
      await session.get(`/${kind}/${id}`);
      if (kind === 'networks') await session.get(`/networks/${id}?verbose=true`);
      if (kind === 'services') await session.get(`/services/${id}?insertDefaults=true`);
      if (kind === 'services' || kind === 'tasks') {
        await session.get(`/${kind}/${id}/logs?stdout=1&stderr=1&details=1&timestamps=1`);
      }
    }
  }
}

/** What is wrong in each way that a client can be wrong. */
export async function askWrongly(session: Session): Promise<void> {
  const ask = session.ask.bind(session);
  for (const kind of ['nodes', 'services', 'tasks', 'secrets', 'configs', 'networks']) {
    await ask('GET', `/${kind}?filters=${encodeURIComponent('{"nope":["x"]}')}`);
  }
  for (const kind of ['secrets', 'configs']) {
    await ask('DELETE', `/${kind}/nope`);
    await ask('POST', `/${kind}/nope/update?version=1`, {});
  }
  await ask('POST', '/services/create', {});
  await ask('POST', '/services/create', { Name: 7 });
  await ask('POST', '/services/nope/update?version=1', smallService('x'));
  await ask('POST', '/services/nope/update?version=x', smallService('x'));
  await ask('DELETE', '/services/nope');
  await ask('POST', '/nodes/nope/update?version=1', { Role: 'manager' });
  await ask('DELETE', '/nodes/nope');
  await ask('POST', '/swarm/update?version=x', {});
  await ask('POST', '/swarm/init', { ListenAddr: '' });
  await ask('POST', '/swarm/unlock', { UnlockKey: 'x' });
  await ask('POST', '/swarm/leave');
  await ask('GET', '/events?since=20&until=10');
}

/** Makes, changes, rolls back and removes a service of `spec`, in order and out of it. */
export async function changeService(session: Session, spec: JsonObject): Promise<void> {
  const created = await session.ask('POST', '/services/create', spec);
  await session.ask('POST', '/services/create', spec);
  const path = `/services/${textAt(created, 'ID')}`;
  const change = async (query: string, wanted: JsonValue): Promise<void> => {
    const version = Number(valueAt(await session.get(path), ['Version', 'Index']));
    await session.ask('POST', `${path}/update?version=${version}${query}`, wanted);
  };
  await change('&rollback=previous', spec);
  await change('', { ...spec, Labels: { changed: 'yes' } });
  await session.ask('POST', `${path}/update?version=1`, spec);
  await session.get(path);
  await change('&rollback=previous', spec);
  await readEach(session);
  await session.ask('DELETE', path);
}

export function smallService(name: string): JsonObject {
  return { Name: name, TaskTemplate: { ContainerSpec: { Image: 'shoal-test/web:1' } } };
}

/** A service that says something in every field that is kept. */
export function fullService(name: string): JsonObject {
  let spec: JsonValue = {};
  for (const [path, sample] of Object.entries(serviceSamples)) {
    const isAlone = path === 'Mode.Global' || path.includes('.Mounts.');
    if (!('kept' in sample) || isAlone) continue;
    spec = withValue(spec, path.replace('HealthCheck', 'Healthcheck').split('.'), sample.kept);
  }
  const path = ['TaskTemplate', 'ContainerSpec', 'Mounts'];
  return withValue({ ...(spec as JsonObject), Name: name }, path, mounts) as JsonObject;
}

const mounts: JsonValue = [
  {
    Type: 'volume',
    Source: 'data',
    Target: '/data',
    VolumeOptions: { NoCopy: true, Labels: { keep: 'yes' }, DriverConfig: { Name: 'local' } },
  },
  {
    Type: 'bind',
    Source: '/usr',
    Target: '/host',
    ReadOnly: true,
    BindOptions: { Propagation: 'rprivate', NonRecursive: true },
  },
  { Type: 'tmpfs', Target: '/scratch', TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1770 } },
];

/** A text of an answer; empty where there is none. */
export function textAt(answer: JsonValue | undefined, field: string): string {
  const value = valueAt(answer, [field]);
  return typeof value === 'string' ? value : '';
}

function listed(list: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? (list as readonly JsonObject[]) : [];
}
