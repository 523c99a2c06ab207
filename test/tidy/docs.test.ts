// Shows that the pages in docs/ name exactly the options and metrics that the code has.
import { describe, expect, test } from 'vitest';
import { daemonHelp } from '../../node/daemon/config.ts';
import { readText, sourceFiles } from './repository.ts';

function namesIn(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].toSorted();
}

describe('docs', () => {
  test('operations.md names every option of the daemon, with its variable', () => {
    const page = readText('docs/operations.md');
    const table = page.slice(page.indexOf('## Options'), page.indexOf('The launcher reads'));
    const flag = /(--[a-z][a-z-]+)/g;
    const help = daemonHelp.replace('--help', '');
    expect(namesIn(table, flag)).toEqual(namesIn(help, flag));
    const variable = /\b(SHOAL_[A-Z_]+|UV_[A-Z_]+)\b/g;
    expect(namesIn(page, variable)).toEqual(namesIn(help, variable));
  });

  test('metrics.md names every metric', () => {
    const declared = sourceFiles()
      .filter((path) => !path.startsWith('test/'))
      .flatMap((path) => namesIn(readText(path), /name: '(shoal_[a-z_]+)'/g));
    expect(declared).not.toEqual([]);
    expect(namesIn(readText('docs/metrics.md'), /`(shoal_[a-z_]+)`/g)).toEqual(declared.toSorted());
  });
});
