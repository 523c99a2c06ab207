import { FieldTree } from './field-tree.ts';
import type { JsonValue } from './json.ts';

interface Gate {
  /** The version that brought the fields: clients of lower ones did not mean them. */
  readonly since: number;
  readonly paths: readonly string[];
}

const container = 'TaskTemplate.ContainerSpec';

/** Minor versions of the API 1.x and the fields that came with them (Docker's `adjustForAPIVersion`). */
const gates: readonly Gate[] = [
  {
    since: 40,
    paths: [
      `${container}.Sysctls`,
      `${container}.Privileges.CredentialSpec.Config`,
      'TaskTemplate.Placement.MaxReplicas',
    ],
  },
  {
    since: 41,
    paths: [
      `${container}.CapabilityAdd`,
      `${container}.CapabilityDrop`,
      `${container}.Ulimits`,
      'TaskTemplate.Resources.Limits.Pids',
      'Mode.ReplicatedJob',
      'Mode.GlobalJob',
    ],
  },
  {
    since: 44,
    paths: [
      `${container}.Privileges.Seccomp`,
      `${container}.Privileges.AppArmor`,
      `${container}.Privileges.NoNewPrivileges`,
      `${container}.Healthcheck.StartInterval`,
    ],
  },
  {
    since: 46,
    paths: [`${container}.Mounts.*.TmpfsOptions.Options`, `${container}.OomScoreAdj`],
  },
  {
    since: 52,
    paths: ['TaskTemplate.Resources.SwapBytes', 'TaskTemplate.Resources.MemorySwappiness'],
  },
];

/** From here on the legacy `Networks` of a service is ignored. */
const legacyNetworksUntil = 44;

/** What goes, from each minor version on at which that becomes another. */
const cuts = [0, ...gates.map(({ since }) => since), legacyNetworksUntil]
  .toSorted((one, other) => one - other)
  .map((from) => ({ from, fields: fieldsToDrop(from) }));

/** A ServiceSpec without the fields that a client of API 1.`minor` cannot mean. */
export function adjustForApiVersion(spec: JsonValue, minor: number): JsonValue {
  const cut = cuts.findLast(({ from }) => from <= minor);
  return cut === undefined ? spec : cut.fields.without(spec);
}

function fieldsToDrop(minor: number): FieldTree<true> {
  const gated = gates.filter(({ since }) => minor < since).flatMap(({ paths }) => paths);
  const legacy = minor < legacyNetworksUntil ? [] : ['Networks'];
  return new FieldTree([...gated, ...legacy].map((path) => [path, true]));
}
