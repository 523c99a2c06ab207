import { readFileSync } from 'node:fs';
import { expectGolden } from './golden.ts';
import { DeciderWorld } from './decider-world.ts';

/**
 * Runs a script of commands against deciders and a real store, and compares what they print with what the script says;
 * `vitest -u` writes it anew.
 *
 * A script is paragraphs: comments (`# ...`), one command a line, `----`, and what the commands printed. Values of
 * `name=value` may not hold blanks; `_` stands for one. The commands are the methods of `DeciderWorld`.
 */
export async function runScript(path: string): Promise<void> {
  const text = readFileSync(new URL(`../testdata/${path}`, import.meta.url), 'utf8');
  const world = new DeciderWorld();
  const rendered = text
    .trimEnd()
    .split(/\n\n+/)
    .map((paragraph) => renderParagraph(world, paragraph));
  await expectGolden(`${rendered.join('\n\n')}\n`, path);
}

function renderParagraph(world: DeciderWorld, paragraph: string): string {
  const [head = ''] = paragraph.split('\n----');
  const commands = head.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (commands.length === 0) return head;
  const output = commands.flatMap((command) => world.run(command));
  return [head, '----', ...(output.length === 0 ? ['ok'] : output)].join('\n');
}
