import type { CommandContext } from './context.ts';
import { idOf, printWarnings } from './resources.ts';
import { buildServiceSpec, type ServiceFlags } from './spec/service-spec.ts';
import { waitForService } from './wait.ts';

export interface ServiceCreateFlags extends ServiceFlags {
  readonly detach?: boolean;
  readonly quiet?: boolean;
}

export interface ServiceCreateArgs {
  readonly image: string;
  readonly args: readonly string[];
  readonly flags: ServiceCreateFlags;
}

/**
 * `service create`: creates a service, prints its id and, unless detached, waits until it has converged.
 * Only the id goes to standard output; progress goes to standard error.
 */
export async function runServiceCreate(
  context: CommandContext,
  { image, args, flags }: ServiceCreateArgs,
  signal: AbortSignal,
): Promise<void> {
  const body = buildServiceSpec({ flags, image, args, variable: context.variable });
  const answer = await context.api.call({ method: 'POST', path: '/services/create', body }, signal);
  printWarnings(context, answer);
  context.out(`${idOf(answer)}\n`);
  if (flags.detach === true) return;
  const shown = flags.quiet === true ? { ...context, err: () => undefined } : context;
  await waitForService(shown, idOf(answer), signal);
}
