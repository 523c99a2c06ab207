/** Writes `proto/gen` and `proto/rpc` anew from the .proto files: `npm run generate`. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listGeneratedFiles, readContractSources } from './contract-files.ts';
import { generateContract } from './generate.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const generated = generateContract(readContractSources(folder));
for (const path of listGeneratedFiles(folder)) {
  if (!generated.has(path)) rmSync(join(folder, path));
}
for (const [path, text] of generated) writeFileSync(join(folder, path), text);
