import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseScript, type ScriptStep } from './script.ts';

const directory = join(import.meta.dirname, '..', '..', 'testdata', 'as-swarm-mode');

export interface Script {
  readonly name: string;
  readonly steps: readonly ScriptStep[];
}

/** All scripts of which the name matches. @throws Error when there is none */
export function readScripts(pattern = ''): readonly Script[] {
  const names = readdirSync(directory).filter((name) => name.endsWith('.txt'));
  const scripts = names
    .map((file) => ({ name: file.slice(0, -'.txt'.length), file }))
    .filter(({ name }) => new RegExp(pattern).test(name))
    .map(({ name, file }) => ({ name, steps: parse(file) }));
  if (scripts.length === 0) throw new Error(`no scripts named ${pattern} in ${directory}`);
  return scripts;
}

function parse(file: string): readonly ScriptStep[] {
  try {
    return parseScript(readFileSync(join(directory, file), 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}
