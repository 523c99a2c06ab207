import { limits } from '../../../common/pure/limits.ts';
import { isJsonObject, type JsonRecord, type JsonValue } from '../../../proto/http/json.ts';
import type { Route } from '../call.ts';
import type { EngineCalls } from '../engine-calls.ts';
import type { ApiParts, ProductFacts } from '../parts.ts';
import { jsonReply } from '../reply.ts';
import { apiMinorMin, apiVersionText } from '../versions.ts';

/** `/version`: the engine's answer with Shoal as the first component; without the engine, what Shoal knows. */
export function versionRoutes({ product }: ApiParts, engine: EngineCalls): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/version',
      deadlineMs: undefined,
      handle: async (call) => {
        const answer = await engine.tryJson(call, limits.apiEngineMs);
        const offered = apiVersionText(engine.offeredMinor());
        const known = 'value' in answer && isJsonObject(answer.value) ? answer.value : undefined;
        return jsonReply(200, mergeVersion(product, known, offered));
      },
    },
  ];
}

function mergeVersion(
  product: ProductFacts,
  engine: Readonly<Record<string, JsonValue>> | undefined,
  offered: string,
): JsonRecord {
  const components = engine?.['Components'];
  return {
    ...(engine ?? ownVersion(product)),
    Platform: { Name: `Shoal ${product.version}` },
    Components: [
      shoalComponent(product, offered),
      ...(Array.isArray(components) ? (components as readonly JsonValue[]) : []),
    ],
    ApiVersion: offered,
    MinAPIVersion: apiVersionText(apiMinorMin),
  };
}

function ownVersion(product: ProductFacts): JsonRecord {
  return {
    Version: product.version,
    GitCommit: product.gitCommit,
    GoVersion: '',
    Os: 'linux',
    Arch: product.arch,
    KernelVersion: product.kernelVersion,
    BuildTime: product.buildTime,
  };
}

function shoalComponent(product: ProductFacts, offered: string): JsonRecord {
  return {
    Name: 'Shoal',
    Version: product.version,
    Details: {
      ApiVersion: offered,
      Arch: product.arch,
      BuildTime: product.buildTime,
      Experimental: 'false',
      GitCommit: product.gitCommit,
      KernelVersion: product.kernelVersion,
      MinAPIVersion: apiVersionText(apiMinorMin),
      NodeVersion: product.nodeVersion,
      Os: 'linux',
    },
  };
}
