import { parseRfc3339 } from '../../common/pure/rfc3339.ts';
import { humanDuration } from './age.ts';
import { goDuration, humanBytes } from './quantities.ts';
import { at, isTrueAt, type Json, listAt, numberAt, textAt } from './reading.ts';
import { printable } from './text.ts';
import { readService } from './views.ts';

/** The text of `service inspect --pretty`: what there is of one service, in the words and order of Docker's client. */
export function renderService(service: Json, nowMs: number): string {
  const spec = at(service, 'Spec');
  const template = at(spec, 'TaskTemplate');
  const container = at(template, 'ContainerSpec');
  return [
    `ID:\t\t${textAt(service, 'ID')}`,
    `Name:\t\t${textAt(spec, 'Name')}`,
    ...labelLines(at(spec, 'Labels')),
    ...modeLines(service),
    ...statusLines(at(service, 'UpdateStatus'), nowMs),
    ...placementLines(at(template, 'Placement')),
    ...policyLines('UpdateConfig', ' Update order:      ', at(spec, 'UpdateConfig')),
    ...policyLines('RollbackConfig', ' Rollback order:    ', at(spec, 'RollbackConfig')),
    ...containerLines(container),
    ...mountLines(listAt(container, 'Mounts')),
    ...resourceLines(at(template, 'Resources')),
    `Endpoint Mode:\t${textAt(service, 'Endpoint', 'Spec', 'Mode') || 'vip'}`,
    ...portLines(listAt(service, 'Endpoint', 'Ports')),
    ...healthLines(at(container, 'Healthcheck')),
  ]
    .map((line) => `${printableLine(line)}\n`)
    .join('');
}

/** The tabs between names and values stay. */
function printableLine(line: string): string {
  return line.split('\t').map(printable).join('\t');
}

function labelLines(labels: Json): readonly string[] {
  const lines = pairsOf(labels).map(([key, value]) => ` ${key}${value === '' ? '' : `=${value}`}`);
  return lines.length === 0 ? [] : ['Labels:', ...lines];
}

function pairsOf(labels: Json): readonly (readonly [key: string, value: string])[] {
  if (typeof labels !== 'object' || labels === null) return [];
  const pairs = Object.entries(labels).map(([key, value]) => [key, String(value)] as const);
  return pairs.toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function modeLines(service: Json): readonly string[] {
  const { mode, replicas } = readService(service);
  const name = mode.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const count = replicas === undefined ? [] : [` Replicas:\t${String(replicas)}`];
  return [`Service Mode:\t${name}`, ...count];
}

function statusLines(status: Json, nowMs: number): readonly string[] {
  if (textAt(status, 'State') === '') return [];
  return [
    'UpdateStatus:',
    ` State:\t\t${textAt(status, 'State')}`,
    ...timeLine(' Started:\t', textAt(status, 'StartedAt'), nowMs),
    ...timeLine(' Completed:\t', textAt(status, 'CompletedAt'), nowMs),
    ` Message:\t${textAt(status, 'Message')}`,
  ];
}

/** Go's zero time lies in the year 1 and means "unknown". */
function timeLine(name: string, time: string, nowMs: number): readonly string[] {
  const atMs = parseRfc3339(time) ?? 0;
  return atMs <= 0 ? [] : [`${name}${humanDuration(nowMs - atMs)} ago`];
}

function placementLines(placement: Json): readonly string[] {
  const constraints = listAt(placement, 'Constraints').map(String);
  const maxReplicas = numberAt(placement, 'MaxReplicas') ?? 0;
  return [
    'Placement:',
    ...(constraints.length === 0 ? [] : [` Constraints:\t[${constraints.join(' ')}]`]),
    ...(maxReplicas === 0 ? [] : [` Max Replicas Per Node:   ${String(maxReplicas)}`]),
  ];
}

function policyLines(title: string, orderName: string, policy: Json): readonly string[] {
  if (typeof policy !== 'object' || policy === null) return [];
  const delay = numberAt(policy, 'Delay') ?? 0;
  const monitor = numberAt(policy, 'Monitor') ?? 0;
  return [
    `${title}:`,
    ` Parallelism:\t${String(numberAt(policy, 'Parallelism') ?? 0)}`,
    ...(delay === 0 ? [] : [` Delay:\t\t${goDuration(delay)}`]),
    ` On failure:\t${textAt(policy, 'FailureAction')}`,
    ...(monitor === 0 ? [] : [` Monitoring Period: ${goDuration(monitor)}`]),
    ` Max failure ratio: ${String(numberAt(policy, 'MaxFailureRatio') ?? 0)}`,
    `${orderName}${textAt(policy, 'Order')}`,
  ];
}

function containerLines(container: Json): readonly string[] {
  const words = (name: string): string =>
    listAt(container, name)
      .map((word) => `${String(word)} `)
      .join('');
  const args = words('Args');
  const env = words('Env');
  const dir = textAt(container, 'Dir');
  const user = textAt(container, 'User');
  const init = at(container, 'Init');
  return [
    'ContainerSpec:',
    ` Image:\t\t${textAt(container, 'Image')}`,
    ...(args === '' ? [] : [` Args:\t\t${args}`]),
    ...(env === '' ? [] : [` Env:\t\t${env}`]),
    ...(dir === '' ? [] : [` Dir:\t\t${dir}`]),
    ...(typeof init === 'boolean' ? [` Init:\t\t${String(init)}`] : []),
    ...(user === '' ? [] : [` User: ${user}`]),
  ];
}

function mountLines(mounts: readonly Json[]): readonly string[] {
  if (mounts.length === 0) return [];
  const lines = mounts.flatMap((mount) => [
    ` Target:\t${textAt(mount, 'Target')}`,
    `  Source:\t${textAt(mount, 'Source')}`,
    `  ReadOnly:\t${String(isTrueAt(mount, 'ReadOnly'))}`,
    `  Type:\t\t${textAt(mount, 'Type')}`,
  ]);
  return ['Mounts:', ...lines];
}

function resourceLines(resources: Json): readonly string[] {
  const lines = [
    ...amountLines('Reservations', at(resources, 'Reservations')),
    ...amountLines('Limits', at(resources, 'Limits')),
  ];
  return lines.length === 0 ? [] : ['Resources:', ...lines];
}

function amountLines(title: string, amounts: Json): readonly string[] {
  const nanoCpus = numberAt(amounts, 'NanoCPUs') ?? 0;
  const memoryBytes = numberAt(amounts, 'MemoryBytes') ?? 0;
  if (nanoCpus === 0 && memoryBytes === 0) return [];
  return [
    ` ${title}:`,
    ...(nanoCpus === 0 ? [] : [`  CPU:\t\t${String(nanoCpus / 1e9)}`]),
    ...(memoryBytes === 0 ? [] : [`  Memory:\t${humanBytes(memoryBytes)}`]),
  ];
}

function portLines(ports: readonly Json[]): readonly string[] {
  if (ports.length === 0) return [];
  const lines = ports.flatMap((port) => [
    ` PublishedPort = ${String(numberAt(port, 'PublishedPort') ?? 0)}`,
    `  Protocol = ${textAt(port, 'Protocol')}`,
    `  TargetPort = ${String(numberAt(port, 'TargetPort') ?? 0)}`,
    `  PublishMode = ${textAt(port, 'PublishMode')}`,
  ]);
  return ['Ports:', ...lines];
}

function healthLines(health: Json): readonly string[] {
  if (typeof health !== 'object' || health === null) return [];
  const duration = (name: string): string => goDuration(numberAt(health, name) ?? 0);
  const tests = listAt(health, 'Test').map((word) => `\t Test = ${String(word)}`);
  return [
    'Healthcheck:',
    `  Interval = ${duration('Interval')}`,
    `  Retries = ${String(numberAt(health, 'Retries') ?? 0)}`,
    `  StartPeriod =\t${duration('StartPeriod')}`,
    `  Timeout =\t${duration('Timeout')}`,
    ...(tests.length === 0 ? [] : ['  Tests:', ...tests]),
  ];
}
