// Shows that the generated code is what the generator makes of the .proto files today, byte for byte, and that the check bites.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listGeneratedFiles, readContractSources } from '../../proto/generate/contract-files.ts';
import { generateContract } from '../../proto/generate/generate.ts';
import { contractFolder } from '../lib/contract.ts';

const sources = readContractSources(contractFolder);

describe('the generated code', () => {
  test('is what `npm run generate` makes of the contract', () => {
    const generated = generateContract(sources);
    expect(generated.size).toBeGreaterThan(5);
    expect(listGeneratedFiles(contractFolder)).toEqual([...generated.keys()].toSorted());
    for (const [path, text] of generated) {
      const committed = readFileSync(join(contractFolder, path), 'utf8');
      expect({ path, text: committed }).toEqual({ path, text });
    }
  });

  test('is the same however often it is made', () => {
    expect(generateContract(sources)).toEqual(generateContract(sources));
  });

  test('changes when the contract changes', () => {
    const changed = new Map(sources);
    const objects = sources.get('objects') ?? '';
    changed.set('objects', objects.replace('string hostname = 1;', 'string hostname = 99;'));
    expect(generateContract(changed).get('gen/objects.ts')).not.toBe(
      generateContract(sources).get('gen/objects.ts'),
    );
  });
});
