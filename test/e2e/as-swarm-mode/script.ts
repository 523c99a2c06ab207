/**
 * Scripts that are run against Docker swarm mode and against Shoal. One line is one case:
 *
 *     # a comment
 *     $ service ls -q                            `docker service ls -q`, which must succeed
 *     ! service inspect nope                     … and one that must fail
 *     !28 service create --oom-score-adj x IMAGE only with clients of version 28
 *     until 2/2 | service ls                     asks again until the output matches; nothing is compared
 *     404 GET /v1.41/services/nope               the API itself, and the status that swarm mode answers
 *     400 POST /services/create {"Name": 1}      … with a body
 *     200 POST /services/web/update?version={version /services/web} {…}
 *       ~ texts of old engines (engines before 23) | Invalid filter => invalid filter
 *
 * `IMAGE` is an image that the engine has. `{version PATH}` and `{id PATH}` are fields of the (first) object at a path of the API,
 * `{prefix PATH}` is a letter with which at least two ids of the list there begin.
 *
 * A line `~ ROW | FROM => TO` under a case is a difference that is meant: ROW is the first cell of a row in docs/compatibility.md, FROM a
 * text of swarm mode's output that Shoal replaces by TO (`\n` is an end of line). `* => 501 TEXT` replaces all of it by an error.
 */

/** What Shoal says instead of what swarm mode says. */
export interface Difference {
  /** First cell of the row in docs/compatibility.md that has the reason. */
  readonly row: string;
  /** Holds only with engines of lower major versions; undefined with all. */
  readonly engineBelow: number | undefined;
  /** What swarm mode says; `*` is all of it. */
  readonly from: string;
  readonly to: string;
}

interface Common {
  readonly line: number;
  /** The line itself: the case's name. */
  readonly text: string;
}

/** A command line of `docker`. */
export interface CommandCase extends Common {
  readonly kind: 'command';
  readonly mustSucceed: boolean;
  /** Major version of the clients that it is for; empty for all. */
  readonly onlyClient: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly differences: readonly Difference[];
}

/** A request to the API. */
export interface RequestCase extends Common {
  readonly kind: 'request';
  readonly status: number;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly differences: readonly Difference[];
}

/** Waits for what comes to pass by itself. */
export interface WaitStep extends Common {
  readonly kind: 'wait';
  readonly pattern: RegExp;
  readonly args: readonly string[];
}

export type Case = CommandCase | RequestCase;
export type ScriptStep = Case | WaitStep;

/** @throws Error that names the line that says nothing known */
export function parseScript(text: string): readonly ScriptStep[] {
  const steps: ScriptStep[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const difference = /^ +~ (.*)$/.exec(line)?.[1];
    if (difference === undefined) steps.push(parseStep(line.trimEnd(), index + 1));
    else addDifference(steps, parseDifference(difference, index + 1));
  }
  return steps;
}

/** Those that are compared. */
export function casesOf(steps: readonly ScriptStep[]): readonly Case[] {
  return steps.filter((step) => step.kind !== 'wait');
}

function addDifference(steps: ScriptStep[], difference: Difference): void {
  const step = steps.pop();
  if (step === undefined || step.kind === 'wait') throw new Error(`${difference.row}: of no case`);
  steps.push({ ...step, differences: [...step.differences, difference] });
}

function parseStep(text: string, line: number): ScriptStep {
  const command = /^([$!])(\d*) (.+)$/.exec(text);
  if (command !== null) {
    const [, sign, onlyClient = '', rest = ''] = command;
    return commandCase({ text, line, mustSucceed: sign === '$', onlyClient }, splitWords(rest));
  }
  const wait = /^until (.+?) \| (.+)$/.exec(text);
  if (wait !== null) {
    const [, pattern = '', rest = ''] = wait;
    return { kind: 'wait', text, line, pattern: new RegExp(pattern), args: splitWords(rest) };
  }
  const request = /^(\d{3}) ([A-Z]+) (\/(?:\{\w+ [^}]+\}|\S)*)(?: (.*))?$/.exec(text);
  if (request === null) throw new Error(`line ${String(line)}: ${text}`);
  const [, status, method = '', path = '', body = ''] = request;
  return {
    kind: 'request',
    text,
    line,
    status: Number(status),
    method,
    path,
    body,
    differences: [],
  };
}

function commandCase(
  common: Omit<CommandCase, 'kind' | 'environment' | 'args' | 'differences'>,
  words: readonly string[],
): CommandCase {
  const isSetting = (word: string): boolean => /^[A-Z_]+=/.test(word);
  const start = words.findIndex((word) => !isSetting(word));
  const environment = Object.fromEntries(
    words.slice(0, start).map((word) => word.split('=', 2) as [string, string]),
  );
  return { ...common, kind: 'command', environment, args: words.slice(start), differences: [] };
}

/** Words between blanks; quotes of both kinds hold a word together, and a placeholder is one. */
function splitWords(text: string): string[] {
  const words = text.match(/(?:'[^']*'|"[^"]*"|\{(?:id|version|prefix) [^}]+\}|\S)+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(
      /'([^']*)'|"([^"]*)"/g,
      (_, single?: string, double?: string) => single ?? double ?? '',
    ),
  );
}

function parseDifference(text: string, line: number): Difference {
  const [, row = '', , engineBelow, from = '', to = ''] =
    /^(.+?)( \(engines before (\d+)\))? \| (.+?) => (.*)$/.exec(text) ?? [];
  if (row === '') throw new Error(`line ${String(line)}: ${text}`);
  return {
    row,
    engineBelow: engineBelow === undefined ? undefined : Number(engineBelow),
    from: from.replaceAll(String.raw`\n`, '\n'),
    to: to.replaceAll(String.raw`\n`, '\n'),
  };
}
