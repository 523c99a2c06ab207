import type { CommandContext } from './context.ts';

/** `leave`: takes this node out of its swarm. */
export async function runLeave(
  context: CommandContext,
  flags: { readonly force?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const query = flags.force === true ? { force: 'true' } : {};
  await context.api.call({ method: 'POST', path: '/swarm/leave', query }, signal);
  context.out('Node left the swarm.\n');
}
