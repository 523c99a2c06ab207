import type { Argument, Command, Option } from 'commander';

import type { ArgumentFacts, CommandFacts, OptionFacts } from './render/command-facts.ts';

/** What lies in a tree of commands, for those who cannot know the library that reads command lines. */
export function readCommand(command: Command): CommandFacts {
  const help = command.createHelp();
  const visible = new Set(help.visibleCommands(command));
  return {
    name: command.name(),
    aliases: command.aliases(),
    description: command.description(),
    isHidden: false,
    options: help.visibleOptions(command).map(readOption),
    arguments: command.registeredArguments.map(readArgument),
    commands: command.commands.map((each) => ({
      ...readCommand(each),
      isHidden: !visible.has(each),
    })),
    passesThrough: command.registeredArguments.at(-1)?.name() === 'command',
  };
}

function readOption(option: Option): OptionFacts {
  const value: unknown = option.defaultValue;
  return {
    flags: option.flags,
    short: option.short ?? '',
    long: option.long ?? '',
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    defaultText: typeof value === 'string' ? value : '',
    variable: option.envVar ?? '',
  };
}

function readArgument(argument: Argument): ArgumentFacts {
  return {
    name: argument.name(),
    description: argument.description,
    isRequired: argument.required,
    isVariadic: argument.variadic,
    choices: argument.argChoices ?? [],
  };
}
