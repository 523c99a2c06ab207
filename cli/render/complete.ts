import type { ArgumentFacts, CommandFacts, OptionFacts } from './command-facts.ts';

/** A word that may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Objects of the cluster whose names may stand where the cursor is. */
export interface WantedNames {
  readonly kind: 'service' | 'node';
  /** What follows the name at once, such as `=`. */
  readonly suffix: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly names: WantedNames | undefined;
  /** The daemon that the words name; `undefined` if they name none. */
  readonly host: string | undefined;
}

/** What was read of a command line up to the cursor. */
interface Position {
  readonly command: CommandFacts;
  readonly argumentsGiven: readonly string[];
  /** The option whose value comes next. */
  readonly option: OptionFacts | undefined;
  /** After `--`, or in what belongs to the container. */
  readonly isPastOptions: boolean;
  readonly host: string | undefined;
}

/**
 * Says what may stand at the end of a command line.
 * @param words what follows the program's name; the last one is under the cursor and may be empty.
 */
export function completeWords(tree: CommandFacts, words: readonly string[]): Completion {
  let position: Position = {
    command: tree,
    argumentsGiven: [],
    option: undefined,
    isPastOptions: false,
    host: undefined,
  };
  for (const word of words.slice(0, -1)) position = readWord(position, word);
  const partial = words.at(-1) ?? '';
  const { candidates, names } = completeLast(position, partial);
  const fitting = candidates.filter(({ value }) => value.startsWith(partial));
  return { candidates: fitting, names, host: position.host };
}

function readWord(position: Position, word: string): Position {
  const { command, option } = position;
  if (option !== undefined) {
    const host = option.long === '--host' ? word : position.host;
    return { ...position, option: undefined, host };
  }
  if (position.isPastOptions) {
    return { ...position, argumentsGiven: [...position.argumentsGiven, word] };
  }
  if (word === '--') return { ...position, isPastOptions: true };
  if (word.startsWith('-') && word !== '-') return readOption(position, word);
  const sub = command.commands.find((each) => each.name === word || each.aliases.includes(word));
  if (sub !== undefined) return { ...position, command: sub, argumentsGiven: [] };
  const argumentsGiven = [...position.argumentsGiven, word];
  return { ...position, argumentsGiven, isPastOptions: command.passesThrough };
}

function readOption(position: Position, word: string): Position {
  const equals = word.indexOf('=');
  if (word.startsWith('--') && equals !== -1) {
    const host = word.slice(0, equals) === '--host' ? word.slice(equals + 1) : position.host;
    return { ...position, host };
  }
  const option = position.command.options.find((each) => each.long === word || each.short === word);
  return option?.takesValue === true ? { ...position, option } : position;
}

type Last = Pick<Completion, 'candidates' | 'names'>;

const nothing: Last = { candidates: [], names: undefined };

function completeLast(position: Position, partial: string): Last {
  const { command, option, argumentsGiven } = position;
  if (option !== undefined) return { candidates: choiceCandidates(option, ''), names: undefined };
  if (!position.isPastOptions && partial.startsWith('-')) {
    return { candidates: optionCandidates(command, partial), names: undefined };
  }
  if (command.commands.length > 0) {
    return argumentsGiven.length > 0
      ? nothing
      : { ...nothing, candidates: commandCandidates(command) };
  }
  return completeArgument(command, argumentsGiven);
}

function commandCandidates(command: CommandFacts): readonly Candidate[] {
  return command.commands
    .filter((each) => !each.isHidden)
    .map(({ name, description }) => ({ value: name, description }));
}

function optionCandidates(command: CommandFacts, partial: string): readonly Candidate[] {
  const equals = partial.indexOf('=');
  if (equals !== -1) {
    const option = command.options.find((each) => each.long === partial.slice(0, equals));
    return option === undefined ? [] : choiceCandidates(option, partial.slice(0, equals + 1));
  }
  return command.options.map(({ long, description }) => ({ value: long, description }));
}

function choiceCandidates(option: OptionFacts, prefix: string): readonly Candidate[] {
  return option.choices.map((choice) => ({ value: prefix + choice, description: '' }));
}

function completeArgument(command: CommandFacts, given: readonly string[]): Last {
  const argument = argumentAt(command, given.length);
  if (argument === undefined) return nothing;
  const candidates = argument.choices.map((value) => ({ value, description: '' }));
  const [kind = ''] = argument.name.split(/[|=]/);
  if (kind !== 'service' && kind !== 'node') return { candidates, names: undefined };
  return { candidates, names: { kind, suffix: argument.name.includes('=') ? '=' : '' } };
}

function argumentAt(command: CommandFacts, index: number): ArgumentFacts | undefined {
  const last = command.arguments.at(-1);
  return command.arguments[index] ?? (last?.isVariadic === true ? last : undefined);
}

/** Names that a shell takes literally: whatever is offered here ends in a line that a shell runs. */
const plainName = /^[\w.@:-]+$/;

/** The names that fit what stands under the cursor. */
export function nameCandidates(
  names: readonly Candidate[],
  wanted: WantedNames,
  partial: string,
): readonly Candidate[] {
  return names
    .filter(({ value }) => plainName.test(value) && value.startsWith(partial))
    .map(({ value, description }) => ({ value: value + wanted.suffix, description }));
}

/** What the scripts of the shells read: a line each, the description after a tab. */
export function candidateLines(candidates: readonly Candidate[]): string {
  return candidates
    .map(({ value, description }) => `${value}\t${description.replaceAll(/[\t\n]/g, ' ')}\n`)
    .join('');
}
