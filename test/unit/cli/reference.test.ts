/** Shows that docs/cli.md says of the command line what it is; `vitest -u` writes the page anew. */
import { expect, test } from 'vitest';

import { buildProgram } from '../../../cli/program.ts';
import { exitCodes } from '../../../cli/commands/context.ts';
import { renderReference } from '../../lib/cli-reference.ts';

const ignore = (): void => undefined;
const program = buildProgram({ out: ignore, err: ignore, run: () => Promise.resolve() });

test('docs/cli.md names every verb and every option', async () => {
  const page = renderReference(program.describe());
  expect(page).toContain('## shoal service rollback');
  await expect(page).toMatchFileSnapshot(new URL('../../../docs/cli.md', import.meta.url).pathname);
});

test('every exit code is explained', () => {
  const page = renderReference(program.describe());
  for (const code of Object.values(exitCodes)) expect(page).toContain(`\n| ${String(code)} | `);
});

test('a verb whose options are made late has them in its help', async () => {
  let help = '';
  const shown = buildProgram({
    out: (text) => (help += text),
    err: ignore,
    run: () => Promise.resolve(),
  });
  expect(await shown.run(['service', 'update', '--help'])).toBe(0);
  expect(help).toContain('--update-failure-action');
  help = '';
  expect(await shown.run(['service', 'help', 'create'])).toBe(0);
  expect(help).toContain('--publish');
});
