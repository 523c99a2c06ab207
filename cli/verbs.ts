import { type Command, Option } from 'commander';

import type { CommandContext } from './commands/context.ts';

/** What a command does once its words are read. */
export type CommandBody = (context: CommandContext, signal: AbortSignal) => Promise<void>;

/** Runs a command's body against the daemon that the command line names. */
export type RunBody = (body: CommandBody) => Promise<void>;

/** What a group of verbs is added with. */
export interface VerbPorts {
  readonly run: RunBody;
  readonly lazy: LazyCommands;
}

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

/**
 * Commands whose insides, verbs or options, are made when they are needed: making all of them takes longer than what most
 * verbs do.
 */
export class LazyCommands {
  readonly #fills = new Map<Command, () => void>();
  readonly #hooked = new Set<Command>();

  /** Says how `command`, which stands below `parent`, is filled: once, before it reads words. */
  add(parent: Command, command: Command, fill: () => void): void {
    this.#fills.set(command, fill);
    if (this.#hooked.has(parent)) return;
    this.#hooked.add(parent);
    parent.hook('preSubcommand', (_, chosen) => {
      this.#fill(chosen);
    });
  }

  /** Fills all commands, for those who want to see the whole tree. */
  fillAll(): void {
    // Those that a fill adds come up in the same loop.
    for (const command of this.#fills.keys()) this.#fill(command);
  }

  #fill(command: Command): void {
    const fill = this.#fills.get(command);
    this.#fills.delete(command);
    fill?.();
  }
}
