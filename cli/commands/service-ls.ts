import { renderServiceList, sortServices } from '../render/service-list.ts';
import { shortId } from '../render/text.ts';
import type { CommandContext } from './context.ts';
import { listServices, parseFilters } from './resources.ts';

export interface ListFlags {
  readonly filter?: readonly string[];
  readonly quiet?: boolean;
}

/** `service ls`: prints the services, or only their ids. */
export async function runServiceLs(
  context: CommandContext,
  flags: ListFlags,
  signal: AbortSignal,
): Promise<void> {
  const services = await listServices(context, parseFilters(flags.filter ?? []), signal);
  if (flags.quiet === true) {
    context.out(
      sortServices(services)
        .map((service) => `${shortId(service.id)}\n`)
        .join(''),
    );
    return;
  }
  context.out(renderServiceList(services));
}
