import { exitCodeHelp } from '../../cli/program.ts';
import type { ArgumentFacts, CommandFacts, OptionFacts } from '../../cli/render/command-facts.ts';

/** The page about the command line, made of its tree of commands. */
export function renderReference(tree: CommandFacts): string {
  const commands = leaves(tree, 'shoal');
  return [
    '# The command line',
    '',
    '`shoal` talks to the daemon of this machine over a unix socket. `shoal daemon` runs that daemon: its options stand in',
    '[operations.md](operations.md). This page is made of the command line itself; a test holds it to that.',
    '',
    'Results go to standard output; progress, warnings and errors go to standard error. On a terminal progress is drawn in',
    'place, elsewhere a line is written for each change.',
    '',
    ...exitCodeTable(),
    '',
    '## Everywhere',
    '',
    ...optionTable(tree.options),
    '',
    ...commands.flatMap(({ path, command }) => [...section(path, command), '']),
    '## Completion',
    '',
    'Each script asks `shoal` for what may stand at the cursor: verbs, options, their values, and the names of services and',
    'nodes if the daemon answers at once. None of them evaluates what was typed.',
    '',
    '    source <(shoal completion bash)',
    '    source <(shoal completion zsh)     # after compinit',
    '    shoal completion fish | source',
    '',
  ].join('\n');
}

/** The verbs whose insides are shown: those that are no groups. The daemon has a page of its own. */
function leaves(
  command: CommandFacts,
  path: string,
): readonly { readonly path: string; readonly command: CommandFacts }[] {
  return command.commands
    .filter((each) => each.name !== 'daemon')
    .flatMap((each) => {
      const below = `${path} ${each.name}`;
      return each.commands.length > 0 ? leaves(each, below) : [{ path: below, command: each }];
    });
}

function exitCodeTable(): readonly string[] {
  const rows = [...exitCodeHelp.matchAll(/^ {2}(\d+) +(.+)$/gm)].map(
    ([, code = '', meaning = '']) => `| ${code} | ${meaning} |`,
  );
  return ['| exit code | meaning |', '|---|---|', ...rows];
}

function section(path: string, command: CommandFacts): readonly string[] {
  const words = command.arguments.map(argumentText).join(' ');
  const options = command.options.filter(({ long }) => long !== '--help');
  const usage = [path, options.length > 0 ? '[options]' : '', words].filter((text) => text !== '');
  const aliases = command.aliases.map((alias) => `\`${alias}\``).join(', ');
  const also = aliases === '' ? '' : ` Also called ${aliases}.`;
  const about = `${command.description.charAt(0).toUpperCase()}${command.description.slice(1)}.`;
  const explained = command.arguments.map(
    ({ name, description, choices }) =>
      `- \`${name}\`: ${description}${choices.length > 0 ? ` (${choices.join(', ')})` : ''}`,
  );
  return [
    `## ${path}`,
    '',
    `    ${usage.join(' ')}`,
    '',
    about + also,
    ...(explained.length === 0 ? [] : ['', ...explained]),
    ...(options.length === 0 ? [] : ['', ...optionTable(options)]),
  ];
}

function argumentText({ name, isRequired, isVariadic }: ArgumentFacts): string {
  const words = isVariadic ? `${name}...` : name;
  return isRequired ? `<${words}>` : `[${words}]`;
}

function optionTable(options: readonly OptionFacts[]): readonly string[] {
  const rows = options
    .filter(({ long }) => long !== '--help')
    .map((option) => `| \`${escape(option.flags)}\` | ${escape(meaning(option))} |`);
  return ['| option | meaning |', '|---|---|', ...rows];
}

function meaning({ description, choices, defaultText, variable }: OptionFacts): string {
  const notes = [
    choices.length > 0 ? `one of ${choices.join(', ')}` : '',
    defaultText === '' ? '' : `default ${defaultText}`,
    variable === '' ? '' : `variable ${variable}`,
  ].filter((note) => note !== '');
  return notes.length === 0 ? description : `${description}; ${notes.join('; ')}`;
}

function escape(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}
