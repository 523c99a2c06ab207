import type { FakeImage, FakeProgram, FakeProgramInput } from './program.ts';

/** Name of the test image, the real one as well as the fake one. */
export const webImage = 'shoal-test/web:1';

/** The fake of the test image: heeds the same variables of the environment (EXIT_AFTER_MS, EXIT_CODE, IGNORE_TERM, TERM_CODE, SAY). */
export function fakeWebImage(more: Partial<FakeImage> = {}): FakeImage {
  return { reference: webImage, program: webProgram, ...more };
}

function webProgram({ env, entrypoint }: FakeProgramInput): FakeProgram {
  const [executable] = entrypoint;
  if (executable !== undefined && executable !== '/web') return missingExecutable(executable);
  const variables = new Map(env.map(splitVariable));
  const exitAfter = variables.get('EXIT_AFTER_MS');
  const say = variables.get('SAY');
  return {
    exitCode: Number(variables.get('EXIT_CODE') ?? '0'),
    ...(exitAfter === undefined ? {} : { exitAfterMs: Number(exitAfter) }),
    ...(say === undefined ? {} : { lines: linesOf(Number(say)) }),
    stopMs: variables.get('IGNORE_TERM') === '1' ? Infinity : 0,
    stopExitCode: Number(variables.get('TERM_CODE') ?? '0'),
    health: { afterMs: 100, status: 'healthy' },
  };
}

function linesOf(count: number): readonly string[] {
  return [...Array.from({ length: count }, (_, index) => `line ${index + 1}`), 'listening'];
}

function missingExecutable(path: string): FakeProgram {
  const reason = `exec: "${path}": stat ${path}: no such file or directory: unknown`;
  const message = `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${reason}`;
  return { startError: { statusCode: 400, message } };
}

function splitVariable(line: string): readonly [string, string] {
  const equals = line.indexOf('=');
  return equals < 0 ? [line, ''] : [line.slice(0, equals), line.slice(equals + 1)];
}
