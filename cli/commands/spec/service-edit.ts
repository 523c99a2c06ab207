import { limits } from '../../../common/pure/limits.ts';
import { at, type Json, listAt, numberAt, textAt } from '../../render/reading.ts';
import { usageError } from '../context.ts';
import { parseMount } from './mount.ts';
import { parsePublish, type PortSpec } from './publish.ts';
import { parseCount } from './quantities.ts';
import {
  containerFields,
  type Draft,
  draft,
  given,
  healthFields,
  limitFields,
  maxPerNode,
  reservationFields,
  restartFields,
  rollbackFields,
  type TemplateFlags,
  updateDefaults,
  updateFields,
} from './template.ts';
import { parseEnv, parsePairs, splitWords } from './words.ts';

/** The flags of `service update` as they were written; lists hold every use of a flag. */
export interface EditFlags extends TemplateFlags {
  readonly image?: string;
  readonly args?: string;
  /** Replace the tasks even if nothing of them changes. */
  readonly force?: boolean;
  readonly replicas?: string;
  readonly envAdd?: readonly string[];
  readonly envRm?: readonly string[];
  readonly labelAdd?: readonly string[];
  readonly labelRm?: readonly string[];
  readonly containerLabelAdd?: readonly string[];
  readonly containerLabelRm?: readonly string[];
  readonly constraintAdd?: readonly string[];
  readonly constraintRm?: readonly string[];
  readonly mountAdd?: readonly string[];
  readonly mountRm?: readonly string[];
  readonly publishAdd?: readonly string[];
  readonly publishRm?: readonly string[];
}

/** What an edit needs besides flags. */
export interface EditCommandLine {
  readonly flags: EditFlags;
  readonly variable: (name: string) => string | undefined;
}

/**
 * Edits the spec of a service as the API gave it. Fields that no flag names, those that this client does not know
 * included, stay as they are; what is to be removed and is not there is no error, as with Docker's client.
 * @throws CliError with the exit code for usage, naming the flag.
 */
export function editServiceSpec(spec: Json, line: EditCommandLine): Json {
  const { flags } = line;
  return merge(spec, {
    Labels: editPairs('label', at(spec, 'Labels'), flags.labelAdd, flags.labelRm),
    TaskTemplate: editTemplate(at(spec, 'TaskTemplate'), line),
    Mode: editMode(at(spec, 'Mode'), flags),
    UpdateConfig: editPolicy(at(spec, 'UpdateConfig'), updateFields(flags)),
    RollbackConfig: editPolicy(at(spec, 'RollbackConfig'), rollbackFields(flags)),
    EndpointSpec: editEndpoint(at(spec, 'EndpointSpec'), flags),
  });
}

/** `object` with `fields` that are not `undefined` in place of its own. */
function merge(object: Json, fields: Draft): Draft {
  return { ...(object as object | undefined), ...draft(fields) };
}

function editTemplate(template: Json, line: EditCommandLine): Draft | undefined {
  const { flags } = line;
  const resources = at(template, 'Resources');
  const limit = given(limitFields(flags), (fields) => merge(at(resources, 'Limits'), fields));
  const reservation = given(reservationFields(flags), (fields) =>
    merge(at(resources, 'Reservations'), fields),
  );
  const hasResources = limit !== undefined || reservation !== undefined;
  const forced = (numberAt(template, 'ForceUpdate') ?? 0) + 1;
  return merge(template, {
    ContainerSpec: editContainer(at(template, 'ContainerSpec'), line),
    Resources: hasResources
      ? merge(resources, { Limits: limit, Reservations: reservation })
      : undefined,
    RestartPolicy: given(restartFields(flags), (fields) =>
      merge(at(template, 'RestartPolicy'), fields),
    ),
    Placement: editPlacement(at(template, 'Placement'), flags),
    ForceUpdate: flags.force === true ? forced : undefined,
  });
}

function editContainer(container: Json, { flags, variable }: EditCommandLine): Draft {
  const labels = at(container, 'Labels');
  return merge(container, {
    Image: flags.image,
    Args: given(flags.args, (text) => splitWords('--args', text)),
    Labels: editPairs('container-label', labels, flags.containerLabelAdd, flags.containerLabelRm),
    Env: editEnv(listAt(container, 'Env'), flags, variable),
    Mounts: editMounts(listAt(container, 'Mounts'), flags),
    Healthcheck: editHealth(at(container, 'Healthcheck'), flags),
    ...containerFields(flags),
  });
}

function editPairs(
  flag: string,
  pairs: Json,
  added: readonly string[] | undefined,
  removed: readonly string[] | undefined,
): Draft | undefined {
  if (added === undefined && removed === undefined) return undefined;
  const edited = { ...(pairs as Draft | undefined), ...parsePairs(`--${flag}-add`, added ?? []) };
  return Object.fromEntries(Object.entries(edited).filter(([key]) => !removed?.includes(key)));
}

function editEnv(
  env: readonly Json[],
  flags: EditFlags,
  variable: (name: string) => string | undefined,
): readonly Json[] | undefined {
  if (flags.envAdd === undefined && flags.envRm === undefined) return undefined;
  const values = new Map<string, Json>();
  for (const word of [...env, ...parseEnv(flags.envAdd ?? [], variable)]) {
    values.set(String(word).split('=', 1)[0] ?? '', word);
  }
  for (const name of flags.envRm ?? []) values.delete(name);
  return [...values.values()];
}

function editMounts(mounts: readonly Json[], flags: EditFlags): readonly Json[] | undefined {
  if (flags.mountAdd === undefined && flags.mountRm === undefined) return undefined;
  const byTarget = new Map<string, Json>(mounts.map((mount) => [textAt(mount, 'Target'), mount]));
  for (const mount of (flags.mountAdd ?? []).map(parseMount)) byTarget.set(mount.Target, mount);
  for (const target of flags.mountRm ?? []) byTarget.delete(target);
  return [...byTarget.values()];
}

/** A command in place of a check that was switched off switches checks on. */
function editHealth(health: Json, flags: EditFlags): Draft | undefined {
  const fields = healthFields(flags);
  if (fields === 'none') return { Test: ['NONE'] };
  if (fields === undefined) return undefined;
  const isOff = listAt(health, 'Test')[0] === 'NONE';
  return merge(isOff ? {} : health, fields);
}

function editPlacement(placement: Json, flags: EditFlags): Draft | undefined {
  const MaxReplicas = maxPerNode(flags);
  const isConstrained = flags.constraintAdd !== undefined || flags.constraintRm !== undefined;
  if (!isConstrained && MaxReplicas === undefined) return undefined;
  const constraints = [...listAt(placement, 'Constraints'), ...(flags.constraintAdd ?? [])];
  const removed = new Set<Json>(flags.constraintRm ?? []);
  const left = [...new Set(constraints)].filter((constraint) => !removed.has(constraint));
  return merge(placement, { Constraints: isConstrained ? left : undefined, MaxReplicas });
}

function editMode(mode: Json, flags: EditFlags): Draft | undefined {
  if (flags.replicas === undefined) return undefined;
  if (at(mode, 'Replicated') === undefined) {
    throw usageError('--replicas can only be used with replicated services');
  }
  const Replicas = parseCount('--replicas', flags.replicas, limits.serviceReplicas);
  return { Replicated: { Replicas } };
}

function editPolicy(policy: Json, fields: Draft | undefined): Draft | undefined {
  return given(fields, (changed) => merge(policy ?? updateDefaults, changed));
}

function editEndpoint(endpoint: Json, flags: EditFlags): Draft | undefined {
  if (flags.publishAdd === undefined && flags.publishRm === undefined) return undefined;
  const removed = (flags.publishRm ?? []).map(parseRemovedPort);
  const ports = listAt(endpoint, 'Ports').filter(
    (port) => !removed.some((each) => isSamePort(each, port)),
  );
  const added = (flags.publishAdd ?? []).flatMap(parsePublish);
  const kept = ports.filter((port) => !added.some((each) => isReplacedBy(port, each)));
  return merge(endpoint, { Ports: [...kept, ...added] });
}

interface RemovedPort {
  readonly target: number;
  readonly protocol: string;
}

function parseRemovedPort(text: string): RemovedPort {
  const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (match === null) {
    throw usageError(`--publish-rm "${text}" is not a target port; give one such as 80 or 53/udp`);
  }
  return { target: Number(match[1]), protocol: match[2]?.toLowerCase() ?? 'tcp' };
}

/** Ports are removed by their target, as with Docker's client. */
function isSamePort(removed: RemovedPort, port: Json): boolean {
  return numberAt(port, 'TargetPort') === removed.target && protocolOf(port) === removed.protocol;
}

/** A published port serves one target: the newest one. */
function isReplacedBy(port: Json, added: PortSpec): boolean {
  return (
    added.PublishedPort !== undefined &&
    numberAt(port, 'PublishedPort') === added.PublishedPort &&
    protocolOf(port) === added.Protocol
  );
}

function protocolOf(port: Json): string {
  return textAt(port, 'Protocol') || 'tcp';
}
