import { ShoalError } from '../../common/pure/errors.ts';
import { isJsonObject, type JsonValue } from './json.ts';

interface Unsupported {
  /** From the body's root; `*` is every element of a list. */
  readonly path: string;
  readonly when: (value: JsonValue) => boolean;
  /** The value is one word of a known few, which the refusal may repeat. */
  readonly isWord?: boolean;
}

/** Says something: clients send empty objects and lists for what the user did not ask for. */
function isGiven(value: JsonValue): boolean {
  if (value === null || value === false || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.values(value).some(isGiven) : true;
}

function isThere(value: JsonValue): boolean {
  return value !== null;
}

function wordAt(path: string, ...words: readonly string[]): Unsupported {
  const when = (value: JsonValue): boolean => typeof value === 'string' && words.includes(value);
  return { path, when, isWord: true };
}

const container = 'TaskTemplate.ContainerSpec';

/** What the Docker API has in a ServiceSpec and Shoal cannot do yet: a row goes when its feature comes. */
const serviceRows: readonly Unsupported[] = [
  { path: 'Mode.ReplicatedJob', when: isThere },
  { path: 'Mode.GlobalJob', when: isThere },
  { path: 'Networks', when: isGiven },
  wordAt('EndpointSpec.Mode', 'dnsrr'),
  { path: 'TaskTemplate.PluginSpec', when: isGiven },
  { path: 'TaskTemplate.NetworkAttachmentSpec', when: isGiven },
  wordAt('TaskTemplate.Runtime', 'plugin', 'attachment'),
  { path: 'TaskTemplate.Networks', when: isGiven },
  { path: 'TaskTemplate.Resources.Reservations.GenericResources', when: isGiven },
  { path: 'TaskTemplate.Resources.SwapBytes', when: isGiven },
  { path: 'TaskTemplate.Resources.MemorySwappiness', when: isThere },
  { path: `${container}.Secrets`, when: isGiven },
  { path: `${container}.Configs`, when: isGiven },
  { path: `${container}.Privileges`, when: isGiven },
  wordAt(`${container}.Mounts.*.Type`, 'npipe', 'cluster', 'image'),
  { path: `${container}.Mounts.*.BindOptions.ReadOnlyNonRecursive`, when: isGiven },
  { path: `${container}.Mounts.*.BindOptions.ReadOnlyForceRecursive`, when: isGiven },
  { path: `${container}.Mounts.*.TmpfsOptions.Options`, when: isGiven },
  { path: `${container}.Mounts.*.ImageOptions`, when: isGiven },
  { path: `${container}.Mounts.*.ClusterOptions`, when: isGiven },
];

/** The same for the cluster's Spec. */
const clusterRows: readonly Unsupported[] = [
  { path: 'EncryptionConfig.AutoLockManagers', when: isGiven },
  { path: 'CAConfig.ExternalCAs', when: isGiven },
  { path: 'CAConfig.SigningCACert', when: isGiven },
  { path: 'CAConfig.SigningCAKey', when: isGiven },
  { path: 'CAConfig.ForceRotate', when: isGiven },
];

/** @throws ShoalError `notImplemented {field}` for the first field of a ServiceSpec that would have to be dropped. */
export function refuseUnsupportedService(spec: JsonValue): void {
  for (const row of serviceRows) refuseRow(row, spec);
}

/** @throws ShoalError `notImplemented {field}` for the first field of a cluster's Spec that would have to be dropped. */
export function refuseUnsupportedCluster(spec: JsonValue): void {
  for (const row of clusterRows) refuseRow(row, spec);
}

/** The error for what is not there yet: `field` is a path of the API or the name of a call. */
export function notSupportedYet(field: string, detail = ''): ShoalError {
  return new ShoalError('notImplemented', `${field}${detail} is not supported yet`, {
    fields: { field },
  });
}

function refuseRow(row: Unsupported, root: JsonValue): void {
  const value = valuesAt(root, row.path.split('.')).find(row.when);
  if (value === undefined) return;
  const field = row.path.replaceAll('.*', '');
  throw notSupportedYet(field, row.isWord === true ? ` ${JSON.stringify(value)}` : '');
}

/** Every value at the end of `steps`; names count in any case, as in `JsonFields`. */
function valuesAt(root: JsonValue, steps: readonly string[]): readonly JsonValue[] {
  let values: readonly JsonValue[] = [root];
  for (const step of steps) values = values.flatMap((value) => childrenOf(value, step));
  return values;
}

function childrenOf(value: JsonValue, step: string): readonly JsonValue[] {
  if (step === '*') return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  if (!isJsonObject(value)) return [];
  const wanted = step.toLowerCase();
  return Object.entries(value).flatMap(([key, item]) =>
    key.toLowerCase() === wanted ? [item] : [],
  );
}
