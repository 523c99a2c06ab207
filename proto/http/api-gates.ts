import { isJsonObject, type JsonValue } from './json.ts';

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

/** A ServiceSpec without the fields that a client of API 1.`minor` cannot mean. */
export function adjustForApiVersion(spec: JsonValue, minor: number): JsonValue {
  let adjusted = spec;
  for (const gate of gates) {
    if (minor >= gate.since) continue;
    for (const path of gate.paths) adjusted = without(adjusted, path.split('.'));
  }
  return minor < legacyNetworksUntil ? adjusted : without(adjusted, ['Networks']);
}

function without(value: JsonValue, steps: readonly string[]): JsonValue {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (step === '*') {
    if (!Array.isArray(value)) return value;
    return (value as readonly JsonValue[]).map((item) => without(item, rest));
  }
  if (!isJsonObject(value)) return value;
  const wanted = step.toLowerCase();
  const entries = Object.entries(value).flatMap(([key, item]): [string, JsonValue][] => {
    if (key.toLowerCase() !== wanted) return [[key, item]];
    return rest.length === 0 ? [] : [[key, without(item, rest)]];
  });
  return Object.fromEntries(entries);
}
