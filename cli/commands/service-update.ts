import { at, type Json, numberAt, textAt } from '../render/reading.ts';
import { type CommandContext, DaemonError, usageError } from './context.ts';
import { apiPath, getService, printWarnings } from './resources.ts';
import { type EditFlags, editServiceSpec } from './spec/service-edit.ts';
import { type WaitFlags, waitForService } from './wait.ts';

export interface ServiceUpdateFlags extends EditFlags, WaitFlags {
  /** Go back to the spec before instead of editing. */
  readonly rollback?: boolean;
}

export interface ServiceUpdateArgs {
  readonly service: string;
  readonly flags: ServiceUpdateFlags;
}

/** Tries of one edit: each reads the service anew after somebody else changed it. */
const editsMax = 5;

/**
 * `service update`: changes a service and, unless detached, waits until it has converged to what was asked for.
 * Prints the service's name, or with `--json` the verdict, to standard output.
 */
export async function runServiceUpdate(
  context: CommandContext,
  { service, flags }: ServiceUpdateArgs,
  signal: AbortSignal,
): Promise<void> {
  if (flags.rollback === true) {
    refuseEdits(flags);
    await runServiceRollback(context, { service, flags }, signal);
    return;
  }
  const edit = (current: Json): Json =>
    editServiceSpec(at(current, 'Spec'), { flags, variable: context.variable });
  const id = await changeService(context, { service, query: {}, edit }, signal);
  if (flags.json !== true) context.out(`${service}\n`);
  await waitForService(context, id, { flags }, signal);
}

/** `service rollback`: goes back to the spec before and, unless detached, waits until the service has converged. */
export async function runServiceRollback(
  context: CommandContext,
  { service, flags }: { readonly service: string; readonly flags: WaitFlags },
  signal: AbortSignal,
): Promise<void> {
  const change = {
    service,
    query: { rollback: 'previous' },
    edit: (current: Json): Json => at(current, 'Spec'),
  };
  const id = await changeService(context, change, signal);
  if (flags.json !== true) context.out(`${service}\n`);
  await waitForService(context, id, { flags, isRollbackWanted: true }, signal);
}

/** Flags that only say how to wait go with a rollback; any other would be lost silently. */
function refuseEdits(flags: ServiceUpdateFlags): void {
  const { rollback: _, detach: _d, quiet: _q, json: _j, ...edits } = flags;
  const isEdited = Object.entries(edits).some(([key, value]) => !(key === 'healthcheck' && value));
  if (isEdited) throw usageError('other options may not be combined with --rollback');
}

interface ServiceChange {
  readonly service: string;
  readonly query: Readonly<Record<string, string>>;
  readonly edit: (current: Json) => Json;
}

/**
 * Sends an edit of what the service is now. Where somebody else changed it in between, the daemon refuses, and the edit
 * is made again on what came of that; a rollback is not, as it would go back to another spec.
 * @returns the service's id.
 */
async function changeService(
  context: CommandContext,
  { service, query, edit }: ServiceChange,
  signal: AbortSignal,
): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const current = await getService(context, service, signal);
    const id = textAt(current, 'ID');
    const request = {
      method: 'POST' as const,
      path: `${apiPath('services', id)}/update`,
      query: { version: String(numberAt(current, 'Version', 'Index') ?? 0), ...query },
      body: edit(current),
    };
    try {
      printWarnings(context, await context.api.call(request, signal));
      return id;
    } catch (error) {
      const isRepeatable = isOutOfSequence(error) && Object.keys(query).length === 0;
      if (!isRepeatable || tries >= editsMax) throw error;
    }
  }
}

function isOutOfSequence(error: unknown): boolean {
  return error instanceof DaemonError && error.detail.includes('update out of sequence');
}
