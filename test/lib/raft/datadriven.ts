/** One directive of a data-driven file: a command, its input, and what it must print. */
export interface Directive {
  readonly command: string;
  /** In the order in which they stand. */
  readonly args: readonly Arg[];
  readonly input: string;
  readonly expected: string;
  /** Of the command, from 1. */
  readonly line: number;
}

/** `key`, `key=value` or `key=(value, …)`. */
export interface Arg {
  readonly key: string;
  readonly values: readonly string[];
}

/** Reads a file in the format of cockroachdb/datadriven. */
export function parseDirectives(text: string): readonly Directive[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const directives: Directive[] = [];
  let at = 0;
  const next = (): string => lines[at++] ?? '';
  while (at < lines.length) {
    const line = at + 1;
    let head = next().trim();
    if (head === '' || head.startsWith('#')) continue;
    while (head.endsWith('\\') && at < lines.length) head = `${head.slice(0, -1)} ${next().trim()}`;
    const input: string[] = [];
    while (at < lines.length && lines[at] !== '----') input.push(next());
    if (at === lines.length) throw new Error(`line ${line}: no ---- before the end of the file`);
    at += 1;
    const expected = parseExpected(lines, at);
    at = expected.end;
    directives.push({
      ...parseCommand(head),
      input: input.join('\n').trim(),
      expected: expected.text,
      line,
    });
  }
  return directives;
}

/** Up to a blank line, or, if it begins with a second `----`, up to two of them. */
function parseExpected(lines: readonly string[], start: number): { text: string; end: number } {
  let at = start;
  const taken: string[] = [];
  if (lines[at] === '----') {
    at += 1;
    while (at < lines.length && !(lines[at] === '----' && lines[at + 1] === '----')) {
      taken.push(lines[at++] ?? '');
    }
    at += 2;
  } else {
    while (at < lines.length && lines[at]?.trim() !== '') taken.push(lines[at++] ?? '');
  }
  return { text: taken.map((line) => `${line}\n`).join(''), end: at };
}

/** A blank ends an argument, except between parentheses. */
function parseCommand(head: string): { command: string; args: readonly Arg[] } {
  const words: string[] = [];
  let depth = 0;
  let word = '';
  for (const letter of `${head} `) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth === 0 && /\s/.test(letter)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      word += letter;
    }
  }
  const [command = '', ...args] = words;
  return { command, args: args.map((arg) => parseArg(arg)) };
}

function parseArg(word: string): Arg {
  const equals = word.indexOf('=');
  if (equals < 0) return { key: word, values: [] };
  const key = word.slice(0, equals);
  const value = word.slice(equals + 1);
  if (!value.startsWith('(')) return { key, values: [value] };
  return { key, values: splitTopLevel(value.slice(1, -1)) };
}

/** Splits at commas that stand in no parentheses. */
function splitTopLevel(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else {
      part += letter;
    }
  }
  return text.trim() === '' ? parts : [...parts, part.trim()];
}

/** Runs one directive; the text is compared byte for byte. */
export type Handler = (directive: Directive) => string;

export interface Mismatch {
  readonly directive: Directive;
  readonly actual: string;
}

/** Runs all directives of a file in order; undefined: each printed what it must. */
export function runDirectives(
  directives: readonly Directive[],
  handle: Handler,
): Mismatch | undefined {
  for (const directive of directives) {
    const printed = handle(directive);
    const actual = printed === '' || printed.endsWith('\n') ? printed : `${printed}\n`;
    if (actual !== directive.expected) return { directive, actual };
  }
  return undefined;
}

/** The file as it would be if everything printed were right. */
export function renderDirectives(text: string, handle: Handler): string {
  const directives = parseDirectives(text);
  const lines = text.split('\n');
  let rendered = '';
  let from = 0;
  for (const directive of directives) {
    const rule = lines.indexOf('----', directive.line - 1);
    rendered += lines
      .slice(from, rule + 1)
      .map((line) => `${line}\n`)
      .join('');
    const printed = handle(directive);
    rendered += printed === '' || printed.endsWith('\n') ? printed : `${printed}\n`;
    from = rule + 1 + directive.expected.split('\n').length - 1;
  }
  return rendered + lines.slice(from).join('\n');
}

export function valueOf(directive: Directive, key: string): string | undefined {
  return directive.args.find((arg) => arg.key === key)?.values[0];
}

export function hasArg(directive: Directive, key: string): boolean {
  return directive.args.some((arg) => arg.key === key);
}

/** The arguments without a value, in order. */
export function plainArgs(directive: Directive): readonly string[] {
  return directive.args.filter(({ values }) => values.length === 0).map(({ key }) => key);
}

export function numberOf(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new Error(`not a number: ${String(text)}`);
  return Number(text);
}

/** As Go's ParseBool. */
export function booleanOf(text: string | undefined): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text ?? '')) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text ?? '')) return false;
  throw new Error(`not a boolean: ${String(text)}`);
}
