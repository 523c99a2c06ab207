// Shows that the catalogue of planted bugs follows the code: each of its places is there, once, and each has a name and a reason.
import { describe, expect, test } from 'vitest';
import { catalogue } from '../mutants/catalogue.ts';
import { groupOf, planted } from '../mutants/mutant.ts';
import { readText } from './repository.ts';

describe('the catalogue of planted bugs', () => {
  test('has enough of them, in the core and in the log', () => {
    const core = catalogue.filter((mutant) => groupOf(mutant) === 'core');
    expect(core.length).toBeGreaterThan(60);
    expect(catalogue.length - core.length).toBeGreaterThan(30);
  });

  test('names each once, and tells its reason', () => {
    const names = catalogue.map(({ name }) => name);
    expect(names.filter((name, position) => names.indexOf(name) !== position)).toEqual([]);
    expect(names.filter((name) => !/^[a-z]+(?:-[a-z]+)*$/.test(name))).toEqual([]);
    expect(catalogue.filter(({ reason }) => reason.length < 10)).toEqual([]);
  });

  // Whoever changes such a place writes the bug anew for what stands there now: `npm run mutants -- --only NAME`.
  test.each(catalogue.map((mutant) => [mutant.name, mutant] as const))(
    '%s has its place in the code',
    (_name, mutant) => {
      const text = readText(mutant.file);
      expect(planted(text, mutant)).not.toBe(text);
    },
  );

  test('is the one that docs/mutants.md shows', () => {
    const rows = [...readText('docs/mutants.md').matchAll(/^\| `([a-z-]+)` \|/gm)];
    const names = catalogue.map(({ name }) => name);
    expect(rows.map(([, name = '']) => name).toSorted()).toEqual(names.toSorted());
  });

  test('a place that is gone, or not the only one, is found', () => {
    const mutant = { name: 'm', file: 'a.ts', from: 'b', to: 'c', reason: 'r' };
    expect(() => planted('a', mutant)).toThrow('m: its text is not in a.ts any more');
    expect(() => planted('abab', mutant)).toThrow('m: its text is more than once in a.ts');
    expect(planted('aba', mutant)).toBe('aca');
  });
});
