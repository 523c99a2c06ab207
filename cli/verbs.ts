import { Option } from 'commander';

import type { CommandContext } from './commands/context.ts';

/** What a command does once its words are read. */
export type CommandBody = (context: CommandContext, signal: AbortSignal) => Promise<void>;

/** Runs a command's body against the daemon that the command line names. */
export type RunBody = (body: CommandBody) => Promise<void>;

/** Gathers every use of an option. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** An option that takes one of a few words. */
export function choiceOption(
  flags: string,
  description: string,
  choices: readonly string[],
): Option {
  return new Option(flags, description).choices([...choices]);
}

/** The option of every command that prints JSON for programs. */
export function jsonOption(description = 'print JSON, as the API gives it'): Option {
  return new Option('--json', description);
}
