/** First line of every generated file. */
export function fileHeader(file: string): string {
  return `// Generated from proto/${file}.proto by \`npm run generate\`: change that, not this.`;
}

/** A doc comment as lines with `indent` before each, or none for an empty comment. */
export function docComment(comment: string, indent: string): readonly string[] {
  const lines = comment
    .split('\n')
    .map((line) => line.trim().replaceAll('*/', '* /'))
    .filter((line) => line !== '');
  if (lines.length === 0) return [];
  if (lines.length === 1) return [`${indent}/** ${lines.join('')} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}
