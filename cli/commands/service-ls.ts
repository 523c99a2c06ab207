import { renderServiceList, sortServices } from '../render/service-list.ts';
import { shortId } from '../render/text.ts';
import { readService } from '../render/views.ts';
import type { CommandContext } from './context.ts';
import { askList, parseFilters, printJson } from './resources.ts';

export interface ListFlags {
  readonly filter?: readonly string[];
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `service ls`: prints the services, only their ids, or all that the API says of them. */
export async function runServiceLs(
  context: CommandContext,
  flags: ListFlags,
  signal: AbortSignal,
): Promise<void> {
  const answer = await askList(context, '/services', parseFilters(flags.filter ?? []), signal);
  if (flags.json === true) {
    printJson(context, answer);
    return;
  }
  const services = answer.map(readService);
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
