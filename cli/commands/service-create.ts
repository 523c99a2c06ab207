import type { CommandContext } from './context.ts';
import { idOf, printWarnings } from './resources.ts';
import { buildServiceSpec, type ServiceFlags } from './spec/service-spec.ts';
import { type WaitFlags, waitForService } from './wait.ts';

export interface ServiceCreateFlags extends ServiceFlags, WaitFlags {}

export interface ServiceCreateArgs {
  readonly image: string;
  readonly args: readonly string[];
  readonly flags: ServiceCreateFlags;
}

/**
 * `service create`: creates a service, prints its id and, unless detached, waits until it has converged.
 * Only the id, or with `--json` the verdict, goes to standard output; progress goes to standard error.
 */
export async function runServiceCreate(
  context: CommandContext,
  { image, args, flags }: ServiceCreateArgs,
  signal: AbortSignal,
): Promise<void> {
  const body = buildServiceSpec({ flags, image, args, variable: context.variable });
  const answer = await context.api.call({ method: 'POST', path: '/services/create', body }, signal);
  printWarnings(context, answer);
  if (flags.json !== true) context.out(`${idOf(answer)}\n`);
  await waitForService(context, idOf(answer), { flags }, signal);
}
