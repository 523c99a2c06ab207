import {
  newResourceReservations,
  newContainerSpec,
  newEndpointSpec,
  newPlacement,
  newPlatform,
  newPortConfig,
  newRestartPolicy,
  newServiceMode,
  newTaskSpec,
  newUpdateConfig,
  PortProtocol,
  PublishMode,
  RestartCondition,
  UpdateFailureAction,
  UpdateOrder,
  type PortConfig,
  type ServiceSpec,
  type UpdateConfig,
} from '../../proto/gen/specs.ts';

/** A command of a script: its name, the plain words after it, and its `name=value` words. */
export interface Command {
  readonly name: string;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

export function parseCommand(line: string): Command {
  const [name = '', ...rest] = line.split(/\s+/);
  const options = new Map<string, string>();
  const words: string[] = [];
  for (const word of rest) {
    const match = /^([a-z]+)=(.*)$/.exec(word);
    if (match === null) words.push(word);
    else options.set(match[1] ?? '', (match[2] ?? '').replaceAll('_', ' '));
  }
  return { name, words, options };
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `5s`, `250ms` and the like, in milliseconds. */
export function parseMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new Error(`not a duration: ${text}`);
  return Number(match[1]) * (unitsMs[match[2] ?? ''] ?? 1);
}

/** `a:x,b:y` as a map. */
export function parseLabels(text: string | undefined): ReadonlyMap<string, string> {
  const pairs = list(text).map((pair) => pair.split(':') as [string, string]);
  return new Map(pairs);
}

export function list(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

/** A service's spec from the options of a `service` command. */
export function parseServiceSpec(options: ReadonlyMap<string, string>): Partial<ServiceSpec> {
  const replicas = Number(options.get('replicas') ?? '1');
  const isGlobal = options.get('mode') === 'global';
  return {
    mode: newServiceMode({
      mode: isGlobal ? { kind: 'global', value: {} } : { kind: 'replicated', value: { replicas } },
    }),
    endpoint: newEndpointSpec({ ports: list(options.get('ports')).map(parsePort) }),
    labels: parseLabels(options.get('labels')),
    update: parseUpdate(options),
    rollback: parseUpdate(options),
    task: newTaskSpec({
      container: newContainerSpec({
        image: options.get('image') ?? '',
        registryAuth: options.get('login') ?? '',
      }),
      restart: parseRestart(options),
      reservations: newResourceReservations({
        nanoCpus: Number(options.get('cpus') ?? '0') * 1e9,
        memoryBytes: Number(options.get('memory') ?? '0') * 1024 * 1024,
      }),
      placement: newPlacement({
        constraints: list(options.get('constraints')),
        spreadPreferences: list(options.get('spread')),
        maxReplicas: Number(options.get('max') ?? '0'),
        platforms: list(options.get('platforms')).map((text) => {
          const [os = '', architecture = ''] = text.split('/');
          return newPlatform({ os, architecture });
        }),
      }),
    }),
  };
}

/** Undefined when nothing is said of updates. */
function parseUpdate(options: ReadonlyMap<string, string>): UpdateConfig | undefined {
  const words = ['parallel', 'pause', 'monitor', 'ratio', 'onfailure', 'order'];
  if (!words.some((word) => options.has(word))) return undefined;
  const actions: Readonly<Record<string, UpdateFailureAction>> = {
    pause: UpdateFailureAction.updatePause,
    continue: UpdateFailureAction.updateContinue,
    rollback: UpdateFailureAction.updateRollback,
  };
  return newUpdateConfig({
    parallelism: Number(options.get('parallel') ?? '1'),
    delayNs: parseMs(options.get('pause') ?? '0s') * 1e6,
    monitorNs: parseMs(options.get('monitor') ?? '0s') * 1e6,
    maxFailureRatio: Number(options.get('ratio') ?? '0'),
    failureAction: actions[options.get('onfailure') ?? 'pause'] ?? UpdateFailureAction.updatePause,
    order: options.get('order') === 'start-first' ? UpdateOrder.startFirst : UpdateOrder.stopFirst,
  });
}

function parseRestart(options: ReadonlyMap<string, string>): ReturnType<typeof newRestartPolicy> {
  const conditions: Readonly<Record<string, RestartCondition>> = {
    any: RestartCondition.restartAny,
    none: RestartCondition.restartNone,
    'on-failure': RestartCondition.restartOnFailure,
  };
  const delay = options.get('delay');
  const window = options.get('window');
  const attempts = options.get('attempts');
  return newRestartPolicy({
    condition: conditions[options.get('restart') ?? 'any'] ?? RestartCondition.restartAny,
    delayNs: delay === undefined ? undefined : parseMs(delay) * 1e6,
    windowNs: window === undefined ? undefined : parseMs(window) * 1e6,
    maxAttempts: attempts === undefined ? undefined : Number(attempts),
  });
}

/** `8080:80`, `0:80/udp`, `host:8080:80`. */
function parsePort(text: string): PortConfig {
  const match = /^(host:)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) throw new Error(`not a port: ${text}`);
  return newPortConfig({
    protocol: match[4] === 'udp' ? PortProtocol.udp : PortProtocol.tcp,
    targetPort: Number(match[3]),
    publishedPort: Number(match[2]),
    publishMode: match[1] === undefined ? PublishMode.ingress : PublishMode.host,
  });
}
