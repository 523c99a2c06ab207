import { replayCommand, type Replay } from './replay.ts';
import type { RunResult } from './run-seed.ts';

/** What a failing run tells: one line to find it by, how to run it again, and what happened last. */
export function failureReport(result: RunResult, replay: Replay): string {
  const { seed, steps, virtualMs, violation, digest, options, tail } = result;
  const where = `seed=${seed} step=${steps} vt=${(virtualMs / 1000).toFixed(3)}s`;
  return [
    ...tail,
    `options ${JSON.stringify(options)}`,
    `trace ${digest}`,
    `SIM FAIL ${where} invariant=${violation?.invariant} detail=${violation?.detail}`,
    `replay: ${replayCommand(replay)}`,
    '',
  ].join('\n');
}

export function successLine(result: RunResult): string {
  const { seed, steps, virtualMs, digest } = result;
  return `seed ${seed}: ${steps} steps, ${Math.round(virtualMs / 1000)} virtual s, trace ${digest}\n`;
}
