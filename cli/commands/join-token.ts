import { listAt, textAt } from '../render/reading.ts';
import { CliError, type CommandContext } from './context.ts';

export interface JoinTokenFlags {
  readonly quiet?: boolean;
}

/** `join-token`: prints what a further node needs to join, as a command line unless quiet. */
export async function runJoinToken(
  context: CommandContext,
  { role, flags }: { readonly role: 'worker' | 'manager'; readonly flags: JoinTokenFlags },
  signal: AbortSignal,
): Promise<void> {
  const swarm = await context.api.call({ method: 'GET', path: '/swarm' }, signal);
  const token = textAt(swarm, 'JoinTokens', role === 'worker' ? 'Worker' : 'Manager');
  if (flags.quiet === true) {
    context.out(`${token}\n`);
    return;
  }
  const info = await context.api.call({ method: 'GET', path: '/info' }, signal);
  const managers = listAt(info, 'Swarm', 'RemoteManagers');
  const self = managers.find(
    (manager) => textAt(manager, 'NodeID') === textAt(info, 'Swarm', 'NodeID'),
  );
  const address = textAt(self ?? managers[0], 'Addr');
  if (address === '') throw new CliError('the swarm names no manager to join at');
  context.out(
    `On the node that is to become a ${role}:\n\n    shoal join --token ${token} ${address}\n`,
  );
}
