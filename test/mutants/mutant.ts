/** One planted bug: in one file, a text that stands there exactly once becomes another. */
export interface Mutant {
  /** What goes wrong, in kebab-case; unique in the catalogue. */
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Why that is wrong: a section of the paper or the thesis, or where it really happened. */
  readonly reason: string;
  /** Why no suite can find it, if none does. */
  readonly survives?: string;
}

/** Core is the Raft library, log is what a member keeps on disk, driver is what connects them. */
export type MutantGroup = 'core' | 'log' | 'driver';

const logFiles = ['manager/consensus/wal/', 'manager/consensus/storage.ts'];

export function groupOf({ file }: Mutant): MutantGroup {
  if (file.startsWith('manager/raft/')) return 'core';
  return logFiles.some((path) => file.startsWith(path)) ? 'log' : 'driver';
}

/** Planted bugs of one file. */
export function inFile(file: string, mutants: readonly Omit<Mutant, 'file'>[]): readonly Mutant[] {
  return mutants.map((mutant) => ({ ...mutant, file }));
}

/**
 * The text of a file with the bug in it.
 * @throws if the place is not there, or not the only one: the catalogue must follow the code.
 */
export function planted(text: string, { name, file, from, to }: Mutant): string {
  const at = text.indexOf(from);
  if (at < 0) throw new Error(`${name}: its text is not in ${file} any more`);
  if (text.includes(from, at + 1))
    throw new Error(`${name}: its text is more than once in ${file}`);
  return text.slice(0, at) + to + text.slice(at + from.length);
}
