import { readFileSync } from 'node:fs';

/** Version of the package that this build belongs to, from its manifest: `../../package.json`, or one level higher from `dist/`. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (isManifest(manifest)) return manifest.version;
    } catch {
      // The manifest lies at the other place.
    }
  }
  return 'unknown';
}

function isManifest(value: unknown): value is { readonly version: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    value.name === 'shoal' &&
    'version' in value &&
    typeof value.version === 'string'
  );
}
