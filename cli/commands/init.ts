import type { CommandContext } from './context.ts';
import { parseCount } from './spec/quantities.ts';

export interface InitFlags {
  readonly advertiseAddr?: string;
  readonly listenAddr: string;
  readonly defaultAddrPool?: readonly string[];
  readonly taskHistoryLimit?: string;
  readonly availability: string;
  readonly forceNewCluster?: boolean;
}

/** Bits of a network's mask when the cluster takes networks from its pools: Docker's default. */
const subnetMaskBits = 24;

/** `init`: starts a swarm whose first manager is this node. */
export async function runInit(
  context: CommandContext,
  flags: InitFlags,
  signal: AbortSignal,
): Promise<void> {
  const body = buildInit(flags);
  const nodeId = await context.api.call({ method: 'POST', path: '/swarm/init', body }, signal);
  const id = typeof nodeId === 'string' ? nodeId : '';
  context.out(`Swarm initialized: current node (${id}) is now a manager.\n`);
}

function buildInit(flags: InitFlags): Readonly<Record<string, unknown>> {
  const history = flags.taskHistoryLimit;
  const retention =
    history === undefined
      ? {}
      : { TaskHistoryRetentionLimit: parseCount('--task-history-limit', history, 2 ** 31 - 1) };
  return {
    ListenAddr: flags.listenAddr,
    AdvertiseAddr: flags.advertiseAddr ?? '',
    Availability: flags.availability,
    DefaultAddrPool: flags.defaultAddrPool ?? [],
    SubnetSize: subnetMaskBits,
    ForceNewCluster: flags.forceNewCluster === true,
    AutoLockManagers: false,
    Spec: { Orchestration: retention },
  };
}
