/**
 * Version of the package that this build belongs to, from its manifest: `../../package.json`, or one level higher from `dist/`.
 *
 * The file system is reached without an import, which would cost a client verb more than all else that it does.
 */
export function packageVersion(): string {
  const fs = process.getBuiltinModule('node:fs');
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const text = fs.readFileSync(new URL(path, import.meta.url), 'utf8');
      const manifest: unknown = JSON.parse(text);
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
