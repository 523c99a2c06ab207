import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Text of each .proto file in `folder` by base name, in order of the names. */
export function readContractSources(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.proto'));
  return new Map(
    names
      .toSorted()
      .map((name) => [basename(name, '.proto'), readFileSync(join(folder, name), 'utf8')]),
  );
}

/** Paths under `folder` of the generated files that are there, in order. `wire.ts` is written by hand. */
export function listGeneratedFiles(folder: string): readonly string[] {
  return ['gen', 'rpc'].flatMap((part) =>
    readdirSync(join(folder, part))
      .filter((name) => name.endsWith('.ts') && name !== 'wire.ts')
      .toSorted()
      .map((name) => `${part}/${name}`),
  );
}
