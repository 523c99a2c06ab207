import type { CommandResult } from '../lib/clients.ts';
import type { Case, Difference } from './script.ts';

/**
 * What Shoal must give, from what swarm mode gave and the differences that are meant.
 *
 * @param engineMajor major version of the engine.
 * @throws Error when the case did not go with swarm mode as it says, and when a difference is none any more: swarm mode does not say what
 *   it is about.
 */
export function expectedOf(
  step: Case,
  ofDocker: CommandResult,
  engineMajor: number,
): CommandResult {
  checkOutcome(step, ofDocker);
  return step.differences
    .filter(({ engineBelow }) => engineBelow === undefined || engineMajor < engineBelow)
    .reduce((result, difference) => applyDifference(step, result, difference), ofDocker);
}

/** A mistyped case would fail alike on both sides, and show nothing. */
const mistyped = /unknown (?:shorthand )?flag|is not a docker command|unknown command/;

function checkOutcome(step: Case, { code, stdout, stderr }: CommandResult): void {
  const told = `${stdout}\n${stderr}`;
  const isRight =
    step.kind === 'request' ? code === step.status : (code === 0) === step.mustSucceed;
  if (!isRight) throw new Error(`swarm mode ends with ${String(code)}: ${told}`);
  if (mistyped.test(told) || /Cannot connect|connection refused/.test(stderr))
    throw new Error(`swarm mode was not reached: ${told}`);
}

function applyDifference(
  step: Case,
  result: CommandResult,
  { row, from, to }: Difference,
): CommandResult {
  const changed = from === '*' ? wholeAnswer(step, to) : replaced(result, from, to);
  if (JSON.stringify(changed) !== JSON.stringify(result)) return changed;
  throw new Error(`no difference any more: ${row}: swarm mode says ${JSON.stringify(result)}`);
}

function replaced(result: CommandResult, from: string, to: string): CommandResult {
  const { code, stdout, stderr } = result;
  return { code, stdout: stdout.replaceAll(from, to), stderr: stderr.replaceAll(from, to) };
}

/** @param text a status and a message */
function wholeAnswer(step: Case, text: string): CommandResult {
  const [, status = '', message = ''] = /^(\d+) ?([^]*)$/.exec(text) ?? [];
  const code = Number(status);
  if (step.kind === 'request') {
    const body =
      message === '' ? '' : `{\n${JSON.stringify('message')}: ${JSON.stringify(message)}\n}`;
    return { code, stdout: body, stderr: '' };
  }
  if (code < 100) return { code, stdout: message, stderr: '' };
  return { code: 1, stdout: '', stderr: `Error response from daemon: ${message}` };
}

/** What tells two results apart, for people: lines of the one (`-`) and of the other (`+`) only; empty when they are the same. */
export function describeDifference(expected: CommandResult, given: CommandResult): string {
  const [wanted, found] = [linesOf(expected), linesOf(given)];
  if (wanted.join('\n') === found.join('\n')) return '';
  const missing = without(wanted, found).map((line) => `- ${line}`);
  const surplus = without(found, wanted).map((line) => `+ ${line}`);
  const only = [...missing, ...surplus];
  return (only.length > 0 ? only : ['lines in another order:', ...found]).join('\n');
}

/** Lines that come more often in `lines` than in `others`. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return lines.filter((line) => {
    const place = left.indexOf(line);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

function linesOf({ code, stdout, stderr }: CommandResult): readonly string[] {
  const errors = stderr === '' ? [] : stderr.split('\n').map((line) => `stderr: ${line}`);
  return [`ends with ${String(code)}`, ...stdout.split('\n'), ...errors];
}
