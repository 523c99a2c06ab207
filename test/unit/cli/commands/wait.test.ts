/** Shows how a wait ends: exit code, verdict and what was printed, over an API that follows a script. */
import { describe, expect, test } from 'vitest';

import {
  type ApiRequest,
  CliError,
  type CommandContext,
  DaemonError,
} from '../../../../cli/commands/context.ts';
import { waitForService, type WaitOptions } from '../../../../cli/commands/wait.ts';
import { serviceJson, taskJson, type TaskFacts } from '../../../lib/cli-objects.ts';

interface Look {
  readonly update?: string;
  readonly message?: string;
  readonly tasks?: readonly TaskFacts[];
  /** The service is gone. */
  readonly isGone?: boolean;
}

interface Outcome {
  readonly code: number;
  readonly message: string;
  readonly out: string;
  readonly err: string;
  readonly drawn: readonly (readonly string[])[];
}

interface WaitCase {
  readonly looks: readonly Look[];
  readonly options?: WaitOptions;
  readonly hasTerminal?: boolean;
  readonly abortAt?: number;
}

/** The last look stays. */
async function wait({ looks, options, hasTerminal, abortAt }: WaitCase): Promise<Outcome> {
  const printed = { out: '', err: '', drawn: [] as (readonly string[])[] };
  const controller = new AbortController();
  let nowMs = 0;
  let count = -1;
  const call = (request: ApiRequest): Promise<unknown> => {
    if (request.path.startsWith('/services/')) count += 1;
    const look = looks[Math.min(count, looks.length - 1)] ?? {};
    if (look.isGone === true) throw new DaemonError(404, 'service s1 not found');
    if (request.path === '/tasks/b') return Promise.resolve(taskJson(failing[0] ?? { id: 'b' }));
    if (request.path.startsWith('/tasks/')) throw new DaemonError(404, 'no such task');
    if (request.path === '/tasks') return Promise.resolve((look.tasks ?? []).map(taskJson));
    const status = { State: look.update, Message: look.message ?? '' };
    const more = look.update === undefined ? {} : { UpdateStatus: status };
    return Promise.resolve(serviceJson({ id: 's1', name: 'web', more }));
  };
  const sink = { isTerminal: false, write: () => Promise.resolve() };
  const context: CommandContext = {
    api: { call, stream: () => Promise.reject(new Error('unused')) },
    clock: {
      nowMs: () => nowMs,
      wallMs: () => 0,
      sleep: (durationMs) => {
        nowMs += durationMs;
        if (count === abortAt) controller.abort(new Error('interrupted'));
        return controller.signal.aborted
          ? Promise.reject(controller.signal.reason as Error)
          : Promise.resolve();
      },
    },
    out: (text) => (printed.out += text),
    err: (text) => (printed.err += text),
    sinks: { out: sink, err: sink },
    openScreen: () =>
      hasTerminal === true
        ? { columns: () => 80, draw: (lines) => printed.drawn.push(lines), done: () => undefined }
        : undefined,
    variable: () => undefined,
  };
  try {
    await waitForService(context, 's1', options ?? { flags: {} }, controller.signal);
    return { code: 0, message: '', ...printed };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { code: error.exitCode, message: error.message, ...printed };
  }
}

const running: readonly TaskFacts[] = [{ id: 'a' }];
const failing: readonly TaskFacts[] = [
  { id: 'b', state: 'failed', desired: 'shutdown', error: 'exit (1)' },
];
const rolledBack: readonly Look[] = [
  { update: 'updating', tasks: failing },
  { update: 'rollback_started', message: 'task b failed' },
  { update: 'rollback_completed', message: 'rollback completed', tasks: running },
];

describe('the exit code', () => {
  test.each<[string, WaitCase, number, string]>([
    ['0 once it converged', { looks: [{ tasks: running }] }, 0, ''],
    [
      '1 if it cannot',
      { looks: [{ tasks: failing }] },
      1,
      'service web cannot converge: task web.1 ended (failed) and will not be restarted: exit (1)',
    ],
    [
      '3 if the update was rolled back',
      { looks: rolledBack },
      3,
      'service web was rolled back: task b failed (web.1: failed: exit (1))',
    ],
    [
      '4 if the update stands still',
      { looks: [{ update: 'paused', message: 'task b failed', tasks: running }] },
      4,
      'service update paused: task b failed',
    ],
    [
      '4 if the rollback stands still',
      { looks: [{ update: 'rollback_paused', message: 'task b failed' }] },
      4,
      'service rollback paused: task b failed',
    ],
    [
      '1 if it was removed',
      { looks: [{ isGone: true }] },
      1,
      'service s1 was removed before it converged',
    ],
    [
      '130 if interrupted',
      { looks: [{ tasks: [] }], abortAt: 1 },
      130,
      'Operation continuing in background.\nUse `shoal service ps web` to check progress.',
    ],
    [
      '0 if the rollback was asked for',
      { looks: rolledBack, options: { flags: {}, isRollbackWanted: true } },
      0,
      '',
    ],
  ])('is %s', async (_, script, code, message) => {
    expect(await wait(script)).toMatchObject({ code, message });
  });
});

test.each([
  ['b', ' (failed: exit (1))'],
  ['forgotten', ''],
])('what task %s died of is asked for if nobody saw it', async (taskId, cause) => {
  const message = `update paused due to failure or early termination of task ${taskId}`;
  expect((await wait({ looks: [{ update: 'paused', message, tasks: running }] })).message).toBe(
    `service update paused: ${message}${cause}`,
  );
});

test('with --json the verdict is one line on standard output', async () => {
  const verdict = async (script: WaitCase): Promise<unknown> => {
    const { out } = await wait({ ...script, options: { flags: { json: true, quiet: true } } });
    return JSON.parse(out) as unknown;
  };
  expect(await verdict({ looks: [{ tasks: running }] })).toEqual({
    ID: 's1',
    Outcome: 'converged',
    Message: '',
  });
  expect(await verdict({ looks: rolledBack })).toMatchObject({ Outcome: 'rolledBack' });
  const detached = await wait({ looks: [], options: { flags: { json: true, detach: true } } });
  expect(JSON.parse(detached.out)).toMatchObject({ Outcome: 'started' });
});

test('a terminal sees a screen, a pipe lines, and --quiet nothing', async () => {
  const looks = [{ tasks: running }];
  const onTerminal = await wait({ looks, hasTerminal: true });
  expect(onTerminal.err).toBe('');
  expect(onTerminal.drawn.at(-1)?.at(-1)).toBe('verify: service web converged');
  expect((await wait({ looks })).err).toContain('verify: service web converged\n');
  const quiet = await wait({ looks, hasTerminal: true, options: { flags: { quiet: true } } });
  expect(quiet).toMatchObject({ err: '', drawn: [] });
});
