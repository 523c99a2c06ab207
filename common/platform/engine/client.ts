import type {
  ContainerCreateBody,
  ContainerCreated,
  ContainerDetails,
  ContainerLogLine,
  ContainerLogsOptions,
  ContainerSummary,
  EndpointSettings,
  EngineApi,
  EngineEvent,
  EngineFilters,
  EngineInfo,
  EnginePing,
  EngineVersion,
  EventsOptions,
  ImageDetails,
  NetworkCreateBody,
  NetworkCreated,
  NetworkDetails,
  PullProgress,
  RemoveContainerOptions,
} from '../../ports/engine-api.ts';
import { ShoalError, isShoalError } from '../../pure/errors.ts';
import { splitImageReference } from '../../pure/image-reference.ts';
import { limits } from '../../pure/limits.ts';
import {
  readContainer,
  readContainerCreated,
  readContainerSummary,
  readEvent,
  readImage,
  readInfo,
  readNetwork,
  readVersion,
} from './decode.ts';
import { jsonLines } from './lines.ts';
import { containerLogLines } from './log-lines.ts';
import { member, numberOf, parseEngineJson, textOf } from './parse.ts';
import { EngineTransport, engineError, type EngineCall } from './transport.ts';

/** What our bodies are written for; every engine that answers 1.40 or newer understands them. Engine 29 takes nothing older than this. */
const newestApiVersion = '1.44';

/**
 * The engine behind a unix socket. Speaks the lower of 1.44 and the engine's own version, asked again after each loss of connection,
 * since the engine that comes back may be another one.
 */
export class EngineClient implements EngineApi, AsyncDisposable {
  readonly #transport: EngineTransport;
  #apiVersion: string | undefined;

  /** @param socketPath path of the socket, without `unix://`. Connects when first used. */
  constructor(socketPath: string) {
    this.#transport = new EngineTransport(socketPath);
  }

  async ping(signal: AbortSignal): Promise<EnginePing> {
    const answer = await this.#transport.request(
      { method: 'GET', path: '/_ping', pool: 'stream', limitMs: limits.enginePingMs },
      signal,
    );
    const header = (name: string): string => {
      const value = answer.headers[name];
      return typeof value === 'string' ? value : '';
    };
    return { ApiVersion: header('api-version'), OSType: header('ostype') };
  }

  async version(signal: AbortSignal): Promise<EngineVersion> {
    return readVersion(await this.#get('/version', signal));
  }

  async info(signal: AbortSignal): Promise<EngineInfo> {
    return readInfo(await this.#get('/info', signal));
  }

  async createContainer(
    name: string,
    body: ContainerCreateBody,
    signal: AbortSignal,
  ): Promise<ContainerCreated> {
    const path = `/containers/create?name=${encodeURIComponent(name)}`;
    return readContainerCreated(await this.#work('POST', path, signal, body));
  }

  async inspectContainer(container: string, signal: AbortSignal): Promise<ContainerDetails> {
    return readContainer(await this.#get(`${containerPath(container)}/json`, signal));
  }

  async startContainer(container: string, signal: AbortSignal): Promise<void> {
    await this.#work('POST', `${containerPath(container)}/start`, signal);
  }

  async stopContainer(container: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const call: EngineCall = {
      method: 'POST',
      path: `${containerPath(container)}/stop?t=${graceSeconds}`,
      pool: 'wait',
      limitMs: limits.engineWorkMs + graceSeconds * 1000,
      accept: [304],
    };
    await this.#request(call, signal);
  }

  async killContainer(container: string, signalName: string, signal: AbortSignal): Promise<void> {
    const path = `${containerPath(container)}/kill?signal=${encodeURIComponent(signalName)}`;
    await this.#work('POST', path, signal);
  }

  async removeContainer(
    container: string,
    options: RemoveContainerOptions,
    signal: AbortSignal,
  ): Promise<void> {
    const query = `force=${options.force ? 1 : 0}&v=${options.volumes ? 1 : 0}`;
    await this.#work('DELETE', `${containerPath(container)}?${query}`, signal);
  }

  async containerLogs(
    container: string,
    options: ContainerLogsOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly ContainerLogLine[]>> {
    const call: EngineCall = {
      method: 'GET',
      path: `${containerPath(container)}/logs?${logsQuery(options)}`,
      pool: 'log',
      limitMs: limits.engineLogMs,
    };
    const silenceMs = options.follow ? 0 : limits.engineLogSilenceMs;
    return containerLogLines(await this.#stream(call, silenceMs, signal), options.tty);
  }

  async listContainers(
    filters: EngineFilters,
    signal: AbortSignal,
  ): Promise<readonly ContainerSummary[]> {
    const body = await this.#get(`/containers/json?all=1&${filtersQuery(filters)}`, signal);
    return asList(body).map(readContainerSummary);
  }

  async inspectImage(reference: string, signal: AbortSignal): Promise<ImageDetails> {
    return readImage(await this.#get(`/images/${encodePath(reference)}/json`, signal));
  }

  async *pullImage(
    reference: string,
    registryAuth: string,
    signal: AbortSignal,
  ): AsyncGenerator<PullProgress, void> {
    const { name, tag } = splitImageReference(reference);
    const call: EngineCall = {
      method: 'POST',
      path: `/images/create?fromImage=${encodeURIComponent(name)}&tag=${encodeURIComponent(tag)}`,
      pool: 'wait',
      limitMs: limits.enginePullSilenceMs,
      ...(registryAuth === '' ? {} : { headers: { 'x-registry-auth': registryAuth } }),
    };
    const chunks = await this.#stream(call, limits.enginePullSilenceMs, signal);
    for await (const line of jsonLines(chunks)) {
      const failure = textOf(line, 'error');
      if (failure !== '') throw pullError(line, failure);
      yield pullProgress(line);
    }
  }

  async createNetwork(body: NetworkCreateBody, signal: AbortSignal): Promise<NetworkCreated> {
    return { Id: textOf(await this.#work('POST', '/networks/create', signal, body), 'Id') };
  }

  async inspectNetwork(network: string, signal: AbortSignal): Promise<NetworkDetails> {
    return readNetwork(await this.#get(networkPath(network), signal));
  }

  async removeNetwork(network: string, signal: AbortSignal): Promise<void> {
    await this.#work('DELETE', networkPath(network), signal);
  }

  async connectNetwork(
    network: string,
    container: string,
    endpoint: EndpointSettings,
    signal: AbortSignal,
  ): Promise<void> {
    const body = { Container: container, EndpointConfig: endpoint };
    await this.#work('POST', `${networkPath(network)}/connect`, signal, body);
  }

  async listNetworks(
    filters: EngineFilters,
    signal: AbortSignal,
  ): Promise<readonly NetworkDetails[]> {
    return asList(await this.#get(`/networks?${filtersQuery(filters)}`, signal)).map(readNetwork);
  }

  async events(options: EventsOptions, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const since = (options.sinceMs / 1000).toFixed(3);
    const call: EngineCall = {
      method: 'GET',
      path: `/events?since=${since}&${filtersQuery(options.filters)}`,
      pool: 'stream',
      limitMs: limits.enginePingMs,
    };
    return endlessEvents(await this.#stream(call, 0, signal));
  }

  /** Drops every connection; calls under way fail with `engineUnavailable`. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    return await this.#request(
      { method: 'GET', path, pool: 'call', limitMs: limits.engineAnswerMs },
      signal,
    );
  }

  async #work(
    method: 'POST' | 'DELETE',
    path: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<unknown> {
    const limitMs = limits.engineWorkMs;
    return await this.#request(
      { method, path, pool: 'call', limitMs, accept: [304], body },
      signal,
    );
  }

  async #request(call: EngineCall, signal: AbortSignal): Promise<unknown> {
    const prefix = await this.#versionPrefix(signal);
    try {
      const answer = await this.#transport.request({ ...call, path: prefix + call.path }, signal);
      return answer.text === '' ? undefined : parseEngineJson(answer.text);
    } catch (error) {
      throw this.#noteLoss(error);
    }
  }

  async #stream(
    call: EngineCall,
    silenceMs: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const prefix = await this.#versionPrefix(signal);
    try {
      const versioned = { ...call, path: prefix + call.path };
      return await this.#transport.stream(versioned, silenceMs, signal);
    } catch (error) {
      throw this.#noteLoss(error);
    }
  }

  /** An engine that was lost may come back as another version: asks again before the next call. */
  #noteLoss(error: unknown): unknown {
    if (isShoalError(error, 'engineUnavailable')) this.#apiVersion = undefined;
    return error;
  }

  async #versionPrefix(signal: AbortSignal): Promise<string> {
    this.#apiVersion ??= lowerVersion(newestApiVersion, (await this.ping(signal)).ApiVersion);
    return `/v${this.#apiVersion}`;
  }
}

async function* endlessEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<EngineEvent, void> {
  for await (const line of jsonLines(chunks)) yield readEvent(line);
  throw new ShoalError('engineUnavailable', 'the event stream of the engine ended');
}

function pullProgress(line: unknown): PullProgress {
  const detail = member(line, 'progressDetail');
  const [current, total] = [numberOf(detail, 'current'), numberOf(detail, 'total')];
  return { status: textOf(line, 'status'), id: textOf(line, 'id'), current, total };
}

/** A pull that failed after its head was sent: the code stands in the line, if at all. */
function pullError(line: unknown, message: string): ShoalError {
  const code = member(member(line, 'errorDetail'), 'code');
  return engineError(typeof code === 'number' ? code : 500, message);
}

/** The lower of two versions of the form `1.41`; `ours` when the engine names none. */
export function lowerVersion(ours: string, engine: string): string {
  if (!/^\d+\.\d+$/.test(engine)) return ours;
  const [ourMajor, ourMinor] = versionParts(ours);
  const [major, minor] = versionParts(engine);
  if (major !== ourMajor) return major < ourMajor ? engine : ours;
  return minor < ourMinor ? engine : ours;
}

function versionParts(version: string): readonly [number, number] {
  const [major, minor] = version.split('.');
  return [Number(major), Number(minor)];
}

function containerPath(container: string): string {
  return `/containers/${encodeURIComponent(container)}`;
}

function networkPath(network: string): string {
  return `/networks/${encodeURIComponent(network)}`;
}

/** Encodes each segment of a reference but keeps its slashes, which the engine's router wants. */
function encodePath(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/');
}

/** Times and details always come, so that each line can be taken apart. */
function logsQuery({ stdout, stderr, follow, since, tail }: ContainerLogsOptions): string {
  const flag = (isSet: boolean): string => (isSet ? '1' : '0');
  const flags = `stdout=${flag(stdout)}&stderr=${flag(stderr)}&follow=${flag(follow)}`;
  const from = since === '' ? '' : `&since=${since}`;
  return `${flags}&timestamps=1&details=1&tail=${tail ?? 'all'}${from}`;
}

function filtersQuery(filters: EngineFilters): string {
  return `filters=${encodeURIComponent(JSON.stringify(filters))}`;
}

function asList(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? body : [];
}
