import { isShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { formatRfc3339 } from '../../../common/pure/rfc3339.ts';
import type { RequestContext } from '../../../common/ports/cluster-api.ts';
import type { NodeControl, NodeFacts } from '../../../common/ports/node-control.ts';
import { withDeadline } from '../../../common/run/deadline.ts';
import { writeCluster } from '../shapes/cluster.ts';
import { isJsonObject, type JsonRecord, type JsonValue } from '../../../proto/http/json.ts';
import { NodeRole } from '../../../proto/gen/specs.ts';
import type { Route } from '../call.ts';
import type { EngineCalls } from '../engine-calls.ts';
import type { ApiParts, ProductFacts } from '../parts.ts';
import { jsonReply } from '../reply.ts';

/** `/info`: the engine's answer with the swarm's block; without the engine, what Shoal knows, and a warning. */
export function infoRoutes(parts: ApiParts, engine: EngineCalls): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/info',
      deadlineMs: undefined,
      handle: async (call) => {
        const answer = await engine.tryJson(call, limits.apiEngineMs);
        const facts = parts.control.facts();
        const swarm = await swarmBlock(parts, facts, call.context);
        if ('value' in answer && isJsonObject(answer.value)) {
          const warnings = [...warningsOf(answer.value), ...ownWarnings(facts)];
          return jsonReply(200, { ...answer.value, Swarm: swarm, Warnings: warnings });
        }
        const reason = 'error' in answer ? answer.error : 'the engine answers with no object';
        const warnings = [`WARNING: engine unavailable: ${reason}`, ...ownWarnings(facts)];
        const systemTime = formatRfc3339(parts.clock.wallMs());
        const known = ownInfo(parts.product, systemTime);
        return jsonReply(200, { ...known, Swarm: swarm, Warnings: warnings });
      },
    },
  ];
}

/** Clients print each as it is, and expect the word in front. */
function ownWarnings({ warnings }: NodeFacts): readonly string[] {
  return warnings.map((text) => `WARNING: ${text}`);
}

function warningsOf(info: Readonly<Record<string, JsonValue>>): readonly JsonValue[] {
  const warnings = info['Warnings'];
  return Array.isArray(warnings) ? (warnings as readonly JsonValue[]) : [];
}

async function swarmBlock(
  { control, clock }: ApiParts,
  facts: NodeFacts,
  context: RequestContext,
): Promise<JsonRecord> {
  const block = {
    NodeID: facts.nodeId,
    NodeAddr: facts.nodeAddress,
    LocalNodeState: facts.swarmState,
    ControlAvailable: facts.controlAvailable,
    Error: facts.error,
    RemoteManagers:
      facts.managers.length === 0
        ? null
        : facts.managers.map(({ nodeId, address }) => ({ NodeID: nodeId, Addr: address })),
    Warnings: facts.warnings.length === 0 ? undefined : facts.warnings,
  };
  if (!facts.controlAvailable) return block;
  try {
    const deadline = { clock, durationMs: limits.apiEngineMs, signal: context.signal };
    const work = async (signal: AbortSignal): Promise<JsonRecord> =>
      await clusterFacts(control, { ...context, signal });
    return { ...block, ...(await withDeadline(deadline, work)) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isShoalError(error)) throw error;
    return { ...block, Error: facts.error === '' ? error.message : facts.error };
  }
}

async function clusterFacts(control: NodeControl, context: RequestContext): Promise<JsonRecord> {
  const api = control.cluster();
  const [cluster, nodes] = await Promise.all([
    api.getCluster(context),
    api.listNodes(context, new Map()),
  ]);
  const managers = [...nodes].filter((node) => node.spec.role === NodeRole.manager);
  return { Nodes: nodes.length, Managers: managers.length, Cluster: writeCluster(cluster) };
}

/** Every field that clients read without asking whether it is there. */
function ownInfo(product: ProductFacts, systemTime: string): JsonRecord {
  return {
    ID: '',
    Containers: 0,
    ContainersRunning: 0,
    ContainersPaused: 0,
    ContainersStopped: 0,
    Images: 0,
    Driver: '',
    DriverStatus: [],
    Plugins: { Volume: [], Network: [], Authorization: null, Log: [] },
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    BridgeNfIptables: true,
    BridgeNfIp6tables: true,
    Debug: false,
    NFd: 0,
    OomKillDisable: true,
    NGoroutines: 0,
    SystemTime: systemTime,
    LoggingDriver: '',
    CgroupDriver: 'none',
    NEventsListener: 0,
    KernelVersion: product.kernelVersion,
    OperatingSystem: product.operatingSystem,
    OSVersion: '',
    OSType: 'linux',
    Architecture: product.machine,
    IndexServerAddress: '',
    RegistryConfig: null,
    NCPU: product.cpus,
    MemTotal: product.memoryBytes,
    GenericResources: null,
    DockerRootDir: '',
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: product.hostname,
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: product.version,
    Runtimes: {},
    DefaultRuntime: '',
    LiveRestoreEnabled: false,
    Isolation: '',
    InitBinary: '',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: [],
  };
}
