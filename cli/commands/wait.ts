import { type Ending, type ProgressStep, startProgress, stepProgress } from '../render/progress.ts';
import { progressScreen } from '../render/progress-screen.ts';
import { printable } from '../render/text.ts';
import { readService, readTask } from '../render/views.ts';
import {
  CliError,
  type CommandContext,
  DaemonError,
  exitCodes,
  type ProgressScreen,
} from './context.ts';
import { apiPath, getService, isNotFound, listTasks } from './resources.ts';

/** Time between two looks at a service, in milliseconds: Docker's client polls as often. */
const pollMs = 200;

/** How verbs that change a service follow it. */
export interface WaitFlags {
  /** End at once, with the daemon's word only. */
  readonly detach?: boolean;
  /** Print no progress. */
  readonly quiet?: boolean;
  /** Print the verdict as one line of JSON. */
  readonly json?: boolean;
}

export interface WaitOptions {
  readonly flags: WaitFlags;
  /** Whether going back to the spec before is what was asked for. */
  readonly isRollbackWanted?: boolean;
}

const endingCodes = {
  converged: exitCodes.ok,
  failed: exitCodes.failed,
  rolledBack: exitCodes.rolledBack,
  stoppedHalfway: exitCodes.stoppedHalfway,
} as const;

/**
 * Unless detached, waits until a service has converged, and shows what changes on the way. With `--json` it prints the
 * verdict to standard output.
 *
 * @throws CliError if the service did not converge to what was asked for: the exit code says in which way. If `signal`
 * aborts, that is 130, and the service stays.
 */
export async function waitForService(
  context: CommandContext,
  serviceId: string,
  { flags, isRollbackWanted = false }: WaitOptions,
  signal: AbortSignal,
): Promise<void> {
  if (flags.detach === true) {
    if (flags.json === true) printVerdict(context, serviceId, { outcome: 'started', message: '' });
    return;
  }
  const shown =
    flags.quiet === true
      ? { ...context, err: (): void => undefined, openScreen: (): undefined => undefined }
      : context;
  const ending = await followService(shown, { serviceId, isRollbackWanted }, signal);
  const message = ending.kind === 'converged' ? '' : ending.message;
  if (flags.json === true) printVerdict(context, serviceId, { outcome: ending.kind, message });
  if (ending.kind === 'converged') return;
  throw new CliError(printable(ending.message), endingCodes[ending.kind]);
}

function printVerdict(
  context: CommandContext,
  serviceId: string,
  { outcome, message }: { readonly outcome: string; readonly message: string },
): void {
  context.out(`${JSON.stringify({ ID: serviceId, Outcome: outcome, Message: message })}\n`);
}

interface Followed {
  readonly serviceId: string;
  readonly isRollbackWanted: boolean;
}

async function followService(
  context: CommandContext,
  { serviceId, isRollbackWanted }: Followed,
  signal: AbortSignal,
): Promise<Ending> {
  let progress = startProgress;
  let name = serviceId;
  const screen = context.openScreen();
  try {
    for (;;) {
      const service = readService(await getService(context, serviceId, signal));
      name = service.name;
      const filters = { service: [serviceId], '_up-to-date': ['true'] };
      const tasks = await listTasks(context, filters, signal);
      const nowMs = context.clock.nowMs();
      const step = stepProgress(progress, { service, tasks, nowMs, isRollbackWanted });
      progress = step.progress;
      show(context, screen, step);
      if (step.verdict.kind !== 'waiting') {
        return await withCause(context, step.verdict, progress.taskError, signal);
      }
      await context.clock.sleep(pollMs, signal);
    }
  } catch (error) {
    throw explainEnd(error, name, signal);
  } finally {
    screen?.done();
  }
}

/** Where the daemon names the task that ended an update. */
const blamedTask = /failure or early termination of task (\w+)/;

/** Adds what the task died of that stopped an update, unless it was seen on the way. */
async function withCause(
  context: CommandContext,
  ending: Ending,
  seenError: string,
  signal: AbortSignal,
): Promise<Ending> {
  if (ending.kind !== 'rolledBack' && ending.kind !== 'stoppedHalfway') return ending;
  const taskId = blamedTask.exec(ending.message)?.[1];
  if (taskId === undefined || (seenError !== '' && ending.message.includes(seenError)))
    return ending;
  const error = await findTaskError(context, taskId, signal);
  return error === '' ? ending : { ...ending, message: `${ending.message} (${error})` };
}

async function findTaskError(
  context: CommandContext,
  taskId: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    const path = apiPath('tasks', taskId);
    const task = readTask(await context.api.call({ method: 'GET', path }, signal));
    return task.error === '' ? '' : `${task.state}: ${task.error}`;
  } catch (error) {
    // The task may be forgotten by now: the verdict stands without it.
    if (error instanceof DaemonError) return '';
    throw error;
  }
}

function show(
  context: CommandContext,
  screen: ProgressScreen | undefined,
  step: ProgressStep,
): void {
  if (screen === undefined) {
    context.err(step.lines.map((line) => `${printable(line)}\n`).join(''));
  } else {
    screen.draw(progressScreen(step, screen.columns()));
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
