import { posix } from 'node:path';
import { parseImports, unreadable } from './imports.ts';
import { folderOf, type Folder } from './layout.ts';

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Everything in these files that breaks the import table, as `file:line: what`.
 *
 * Reads only what it is given; a file outside the table is a finding of its own.
 */
export function findViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const home = folderOf(file.path);
    if (home === undefined) return [`${file.path}:1: stands in no folder of the layout`];
    return parseImports(file.text).flatMap(({ specifier, line }) => {
      const complaint = judge({ file: file.path, home, specifier });
      return complaint === undefined ? [] : [`${file.path}:${line}: ${complaint}`];
    });
  });
}

interface Question {
  readonly file: string;
  readonly home: Folder;
  readonly specifier: string;
}

function judge(question: Question): string | undefined {
  const { home, specifier } = question;
  if (specifier === unreadable) {
    return home.codeClass === 'test' ? undefined : 'imports what no reader can name';
  }
  if (specifier.startsWith('.')) return judgeFile(question);
  if (home.codeClass === 'test') return undefined;
  if (specifier.startsWith('node:')) {
    return home.codeClass === 'edge' ? undefined : `only edge code may import ${specifier}`;
  }
  const name = packageOf(specifier);
  return home.packages.includes(name) ? undefined : `${home.path} may not import package ${name}`;
}

function judgeFile({ file, home, specifier }: Question): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(file), specifier));
  if (posix.basename(target) === 'main.ts') return `nothing imports a main.ts: ${target}`;
  const owner = folderOf(target);
  if (owner === undefined) return `${target} stands in no folder of the layout`;
  if (owner.path === home.path || home.codeClass === 'test') return undefined;
  if (owner.codeClass === 'test') return `production never imports test: ${target}`;
  const classComplaint = judgeClass(home, owner);
  if (classComplaint !== undefined) return classComplaint;
  if (home.mayImport.includes(owner.path)) return undefined;
  const isPort = target === `${owner.path}/port.ts`;
  if (isPort && home.mayImportPortOf.includes(owner.path)) return undefined;
  return `${home.path} may not import ${target}`;
}

function judgeClass(home: Folder, owner: Folder): string | undefined {
  if (home.codeClass === 'pure' && owner.codeClass !== 'pure') {
    return `pure code imports only pure code: ${home.path} -> ${owner.path}`;
  }
  if (home.codeClass === 'shell' && owner.codeClass === 'edge') {
    return `shell code never imports edge code: ${home.path} -> ${owner.path}`;
  }
  return undefined;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
