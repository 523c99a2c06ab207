import { startProgress, stepProgress } from '../render/progress.ts';
import { printable } from '../render/text.ts';
import { readService } from '../render/views.ts';
import { CliError, type CommandContext, exitCodes } from './context.ts';
import { getService, isNotFound, listTasks } from './resources.ts';

/** Time between two looks at a service, in milliseconds: Docker's client polls as often. */
const pollMs = 200;

/**
 * Waits until a replicated service has converged, and prints what changes on the way.
 *
 * @throws CliError if it never will by itself, was removed, or `signal` aborted (exit code 130; the service stays).
 */
export async function waitForService(
  context: CommandContext,
  serviceId: string,
  signal: AbortSignal,
): Promise<void> {
  let progress = startProgress;
  let name = serviceId;
  try {
    for (;;) {
      const service = readService(await getService(context, serviceId, signal));
      name = service.name;
      const filters = { service: [serviceId], '_up-to-date': ['true'] };
      const tasks = await listTasks(context, filters, signal);
      const step = stepProgress(progress, { service, tasks, nowMs: context.clock.nowMs() });
      progress = step.progress;
      context.err(step.lines.map((line) => `${printable(line)}\n`).join(''));
      if (step.verdict.kind === 'converged') return;
      if (step.verdict.kind === 'failed') throw new CliError(printable(step.verdict.message));
      await context.clock.sleep(pollMs, signal);
    }
  } catch (error) {
    throw explainEnd(error, name, signal);
  }
}

function explainEnd(error: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return new CliError(
      `Operation continuing in background.\nUse \`shoal service ps ${name}\` to check progress.`,
      exitCodes.interrupted,
    );
  }
  if (isNotFound(error)) return new CliError(`service ${name} was removed before it converged`);
  return error;
}
