import { CliError, type CommandContext, DaemonError } from './context.ts';
import { apiPath } from './resources.ts';

/** `service rm`: removes services, prints each that is gone. One refusal does not keep the others; the exit code is 1 then. */
export async function runServiceRm(
  context: CommandContext,
  services: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const refusals: string[] = [];
  for (const service of services) {
    try {
      const path = apiPath('services', service);
      await context.api.call({ method: 'DELETE', path }, signal);
      context.out(`${service}\n`);
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      refusals.push(error.message);
    }
  }
  if (refusals.length > 0) throw new CliError(refusals.join('\n'));
}
