import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ConfChangeScript } from './confchange-script.ts';
import { parseDirectives, runDirectives, type Handler, type Mismatch } from './datadriven.ts';
import { Interaction } from './interaction.ts';
import { runQuorumDirective } from './quorum-script.ts';

/** All scripts under a directory, as paths relative to it, in order. */
export function scriptsUnder(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.txt'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/** The folder says what a script is about, as in etcd's raft. Each script has an interpreter of its own. */
export function interpreterOf(path: string): Handler {
  const folders = path.split(/[/\\]/);
  if (folders.includes('quorum')) return runQuorumDirective;
  if (folders.includes('confchange')) {
    const script = new ConfChangeScript();
    return (directive) => script.run(directive);
  }
  const interaction = new Interaction();
  return (directive) => interaction.run(directive);
}

/** Undefined: the script printed all that it must, byte for byte. */
export function replay(directory: string, path: string): Mismatch | undefined {
  const directives = parseDirectives(readFileSync(join(directory, path), 'utf8'));
  return runDirectives(directives, interpreterOf(path));
}
