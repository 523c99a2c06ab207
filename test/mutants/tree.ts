import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planted, type Mutant } from './mutant.ts';

/** The tree that this file is in. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** What git knows of the tree, and what is new in it. */
export function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).trim();
}

/** A copy of the tree in which one bug at a time is planted. */
export class Tree implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'shoal-mutants-'));

  constructor() {
    for (const file of git('ls-files', '-co', '--exclude-standard').split('\n')) this.#copy(file);
    // Links of its own: what tools keep beside the packages is not shared.
    const packages = join(root, 'node_modules');
    mkdirSync(join(this.path, 'node_modules'));
    for (const name of readdirSync(packages)) {
      symlinkSync(join(packages, name), join(this.path, 'node_modules', name));
    }
  }

  /** Puts the bug in, runs, and takes it out again. */
  async with<Result>(mutant: Mutant, run: () => Promise<Result>): Promise<Result> {
    const path = join(this.path, mutant.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, planted(text, mutant));
    try {
      return await run();
    } finally {
      writeFileSync(path, text);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #copy(file: string): void {
    const to = join(this.path, file);
    mkdirSync(dirname(to), { recursive: true });
    // A file that was removed and is not committed yet is none.
    try {
      copyFileSync(join(root, file), to);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}
