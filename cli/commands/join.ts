import { readInfo } from '../render/views.ts';
import type { CommandContext } from './context.ts';

export interface JoinFlags {
  readonly token: string;
  readonly advertiseAddr?: string;
  readonly listenAddr: string;
  readonly availability: string;
}

/** `join`: takes this node into a swarm, and says as what. */
export async function runJoin(
  context: CommandContext,
  { managers, flags }: { readonly managers: readonly string[]; readonly flags: JoinFlags },
  signal: AbortSignal,
): Promise<void> {
  const body = {
    ListenAddr: flags.listenAddr,
    AdvertiseAddr: flags.advertiseAddr ?? '',
    RemoteAddrs: managers,
    JoinToken: flags.token,
    Availability: flags.availability,
  };
  await context.api.call({ method: 'POST', path: '/swarm/join', body }, signal);
  const info = readInfo(await context.api.call({ method: 'GET', path: '/info' }, signal));
  context.out(`This node joined a swarm as a ${info.isManager ? 'manager' : 'worker'}.\n`);
}
