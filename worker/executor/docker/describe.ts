import type { EngineInfo, EngineVersion } from '../../../common/ports/engine-api.ts';
import {
  newEnginePlugin,
  newNodeDescription,
  type EnginePlugin,
  type NodeDescription,
} from '../../../proto/gen/objects.ts';
import { newPlatform } from '../../../proto/gen/specs.ts';

/** The node as its engine describes it. Certificates, levels and warnings are for others to add. */
export function describeEngine(hostname: string, info: EngineInfo): NodeDescription {
  return newNodeDescription({
    hostname,
    platform: newPlatform({ architecture: info.Architecture, os: info.OSType }),
    nanoCpus: info.NCPU * 1_000_000_000,
    memoryBytes: info.MemTotal,
    engineVersion: info.ServerVersion,
    engineLabels: new Map(info.Labels.map(splitLabel)),
    plugins: pluginsOf(info),
    engineAvailable: true,
  });
}

/** The node as far as the engine's version tells; everything else is as it was last known, or missing. */
export function describeByVersion(known: NodeDescription, version: EngineVersion): NodeDescription {
  const { Arch: architecture, Os: os, Version: engineVersion } = version;
  const platform = known.platform ?? newPlatform({ architecture, os });
  return { ...known, platform, engineVersion, engineAvailable: true };
}

function splitLabel(label: string): readonly [string, string] {
  const equals = label.indexOf('=');
  return equals < 0 ? [label, ''] : [label.slice(0, equals), label.slice(equals + 1)];
}

/** By type, then name; the cluster's own network driver first among its kind, as swarm mode lists it whatever the engine says. */
function pluginsOf(info: EngineInfo): readonly EnginePlugin[] {
  const network = new Set(['overlay', ...info.Plugins.Network]);
  const byType: readonly (readonly [string, readonly string[]])[] = [
    ['Authorization', info.Plugins.Authorization],
    ['Log', info.Plugins.Log],
    ['Network', [...network]],
    ['Volume', info.Plugins.Volume],
  ];
  return byType.flatMap(([type, names]) =>
    names.toSorted().map((name) => newEnginePlugin({ type, name })),
  );
}
