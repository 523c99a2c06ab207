import { textAt } from './render/reading.ts';

/** The version of the package that this file belongs to, from its manifest: beside `cli/`, or above `dist/cli/`. */
export function readVersion(): string {
  const fs = process.getBuiltinModule('node:fs');
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const manifest: unknown = JSON.parse(fs.readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (textAt(manifest, 'name') === 'shoal') return textAt(manifest, 'version');
    } catch {
      // The manifest lies at the other place.
    }
  }
  return 'unknown';
}
