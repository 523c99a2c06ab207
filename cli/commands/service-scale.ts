import { limits } from '../../common/pure/limits.ts';
import { at, type Json, numberAt } from '../render/reading.ts';
import { readService } from '../render/views.ts';
import { CliError, type CommandContext, DaemonError, usageError } from './context.ts';
import { apiPath, getService, printWarnings } from './resources.ts';
import { parseCount } from './spec/quantities.ts';
import { type WaitFlags, waitForService } from './wait.ts';

interface Target {
  readonly service: string;
  readonly replicas: number;
}

export interface ServiceScaleArgs {
  /** `SERVICE=REPLICAS` words. */
  readonly targets: readonly string[];
  readonly flags: WaitFlags;
}

/** `service scale`: sets how many tasks services have and, unless detached, waits until they have converged. */
export async function runServiceScale(
  context: CommandContext,
  { targets, flags }: ServiceScaleArgs,
  signal: AbortSignal,
): Promise<void> {
  const parsed = targets.map(parseTarget);
  const refusals: string[] = [];
  const scaled: string[] = [];
  for (const target of parsed) {
    try {
      scaled.push(await scaleService(context, target, signal));
      if (flags.json !== true) {
        context.out(`${target.service} scaled to ${String(target.replicas)}\n`);
      }
    } catch (error) {
      if (!(error instanceof DaemonError) && !(error instanceof ScaleError)) throw error;
      refusals.push(`${target.service}: ${error.message}`);
    }
  }
  const failures = await waitForAll(context, scaled, flags, signal);
  const exitCode = failures.at(-1)?.exitCode;
  const messages = [...refusals, ...failures.map((failure) => failure.message)];
  if (messages.length > 0) throw new CliError(messages.join('\n'), exitCode);
}

/** Waits for each in turn, also after one that did not converge: every service gets its verdict. */
async function waitForAll(
  context: CommandContext,
  serviceIds: readonly string[],
  flags: WaitFlags,
  signal: AbortSignal,
): Promise<readonly CliError[]> {
  const failures: CliError[] = [];
  for (const serviceId of serviceIds) {
    try {
      await waitForService(context, serviceId, { flags }, signal);
    } catch (error) {
      if (!(error instanceof CliError) || signal.aborted) throw error;
      failures.push(error);
    }
  }
  return failures;
}

class ScaleError extends CliError {}

function parseTarget(word: string): Target {
  const equals = word.lastIndexOf('=');
  if (equals < 1) throw usageError(`"${word}" is not SERVICE=REPLICAS`);
  const service = word.slice(0, equals);
  return {
    service,
    replicas: parseCount(`replicas of ${service}`, word.slice(equals + 1), limits.serviceReplicas),
  };
}

async function scaleService(
  context: CommandContext,
  { service, replicas }: Target,
  signal: AbortSignal,
): Promise<string> {
  const current = await getService(context, service, signal);
  const { id, mode } = readService(current);
  if (mode !== 'replicated') {
    throw new ScaleError(
      `scale can only be used with replicated services, and this one is ${mode}`,
    );
  }
  const path = `${apiPath('services', id)}/update`;
  const query = { version: String(numberAt(current, 'Version', 'Index') ?? 0) };
  const body = withReplicas(at(current, 'Spec'), replicas);
  printWarnings(context, await context.api.call({ method: 'POST', path, query, body }, signal));
  return id;
}

/** The spec as the daemon gave it, fields that this client does not know included, with another count. */
function withReplicas(spec: Json, replicas: number): Json {
  return { ...(spec as object), Mode: { Replicated: { Replicas: replicas } } };
}
