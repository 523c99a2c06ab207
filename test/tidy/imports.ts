export interface Import {
  /** As written: a relative path, `node:x` or a package with what is below it. */
  readonly specifier: string;
  /** 1-based. */
  readonly line: number;
}

/** What a dynamic import is called whose argument is not one literal: nothing can be said about it. */
export const unreadable = '(not a literal)';

/**
 * Every module that a TypeScript source names: static and type imports, re-exports, side-effect imports,
 * `import()` as expression and as type, `require()`.
 *
 * Comments do not count. A text that looks like an import inside a string or template does not either.
 */
export function parseImports(source: string): Import[] {
  const code = blankCommentsAndTemplates(source);
  const found: Import[] = [];
  for (const match of code.matchAll(importPattern)) {
    const literal = match.groups?.['from'] ?? match.groups?.['bare'] ?? match.groups?.['call'];
    const opening = match.index + match[0].search(/\S/);
    found.push({ specifier: literal ?? unreadable, line: lineOf(code, opening) });
  }
  return found;
}

const importPattern = new RegExp(
  [
    String.raw`(?<![\w$.])(?:import|export)\b[\w\s{},*$]*?\bfrom\s*(['"])(?<from>[^'"\n]*)\1`,
    String.raw`(?<![\w$.])import\s*(['"])(?<bare>[^'"\n]*)\3`,
    String.raw`(?<![\w$.])(?:import|require)\s*\(\s*(?:(['"])(?<call>[^'"\n]*)\5\s*[,)])?`,
  ].join('|'),
  'g',
);

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

const quoted = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`;
const comment = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const template = '`(?:\\\\[\\s\\S]|[^`\\\\])*`';
const regex = String.raw`(?<=[=(,:;!&|?{}\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*`;
const tokenPattern = new RegExp(`${comment}|${regex}|${quoted}|${template}`, 'g');

/** Keeps lengths and lines; keeps a quoted text only where it can be the name of a module. */
function blankCommentsAndTemplates(source: string): string {
  return source.replace(tokenPattern, (token, offset: number) => {
    const isQuoted = token.startsWith("'") || token.startsWith('"');
    const before = source.slice(Math.max(0, offset - 40), offset);
    if (isQuoted && /\b(?:from|import)\s*$|\b(?:import|require)\s*\(\s*$/.test(before))
      return token;
    return token.replaceAll(/[^\n]/g, ' ');
  });
}
