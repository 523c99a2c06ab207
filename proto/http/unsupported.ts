import { ShoalError } from '../../common/pure/errors.ts';
import { FieldTree } from './field-tree.ts';
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

const serviceTree = treeOf(serviceRows);
const clusterTree = treeOf(clusterRows);

/** @throws ShoalError `notImplemented {field}` for the first field of a ServiceSpec that would have to be dropped. */
export function refuseUnsupportedService(spec: JsonValue): void {
  refuseFirst(serviceTree, spec);
}

/** @throws ShoalError `notImplemented {field}` for the first field of a cluster's Spec that would have to be dropped. */
export function refuseUnsupportedCluster(spec: JsonValue): void {
  refuseFirst(clusterTree, spec);
}

/** The error for what is not there yet: `field` is a path of the API or the name of a call. */
export function notSupportedYet(field: string, detail = ''): ShoalError {
  return new ShoalError('notImplemented', `${field}${detail} is not supported yet`, {
    fields: { field },
  });
}

interface Ranked extends Unsupported {
  readonly rank: number;
}

function treeOf(rows: readonly Unsupported[]): FieldTree<Ranked> {
  return new FieldTree(rows.map((row, rank) => [row.path, { ...row, rank }]));
}

/** Of several the one that comes first in the list above. */
function refuseFirst(tree: FieldTree<Ranked>, root: JsonValue): void {
  let first: { readonly row: Ranked; readonly value: JsonValue } | undefined;
  tree.visit(root, (row, value) => {
    const isBefore = first === undefined || row.rank < first.row.rank;
    if (isBefore && row.when(value)) first = { row, value };
  });
  if (first === undefined) return;
  const { row, value } = first;
  throw notSupportedYet(
    row.path.replaceAll('.*', ''),
    row.isWord === true ? ` ${JSON.stringify(value)}` : '',
  );
}
