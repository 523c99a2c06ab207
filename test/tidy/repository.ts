import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Every file of the product, tracked or about to be, from the root with forward slashes.
 *
 * Ignored files and those deleted but not yet committed are left out.
 */
export function repositoryFiles(): string[] {
  const list = (...options: string[]): string[] =>
    execFileSync('git', ['ls-files', '-z', ...options], { cwd: root, encoding: 'utf8' })
      .split('\0')
      .filter((path) => path !== '');
  const deleted = new Set(list('--deleted'));
  const present = list('--cached', '--others', '--exclude-standard');
  return [...new Set(present)].filter((path) => !deleted.has(path)).sort();
}

export function sourceFiles(): string[] {
  return repositoryFiles().filter((path) => path.endsWith('.ts') && !path.startsWith('dashboard/'));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
