import type { Json } from '../render/reading.ts';
import { CliError, type CommandContext } from './context.ts';
import { isNotFound, printJson } from './resources.ts';

export interface InspectFlags {
  /** Text for people instead of JSON. */
  readonly pretty?: boolean;
  /** What is the default anyway. */
  readonly json?: boolean;
}

/** What is inspected, and how. */
export interface Inspection {
  /** What it is called, such as `service`. */
  readonly kind: string;
  readonly refs: readonly string[];
  readonly flags: InspectFlags;
  readonly get: (ref: string) => Promise<Json>;
  readonly render: (value: Json) => string;
}

/**
 * Prints a list of objects as the daemon gave them, or text about each. Those that exist are printed even if others do
 * not; the exit code is 1 then.
 */
export async function inspect(context: CommandContext, inspection: Inspection): Promise<void> {
  const found: Json[] = [];
  const missing: string[] = [];
  for (const ref of inspection.refs) {
    try {
      found.push(await inspection.get(ref));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      missing.push(ref);
    }
  }
  if (inspection.flags.pretty === true) context.out(found.map(inspection.render).join('\n'));
  else printJson(context, found);
  if (missing.length > 0) {
    throw new CliError(missing.map((ref) => `no such ${inspection.kind}: ${ref}`).join('\n'));
  }
}
