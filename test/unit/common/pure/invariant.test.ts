// Shows what an invariant does when it holds and when it does not.
import { expect, test } from 'vitest';
import { invariant, InvariantError } from '../../../../common/pure/invariant.ts';

test('a fact that holds passes and narrows the type', () => {
  const value: string | undefined = ['a'].at(0);
  invariant(value !== undefined, 'one element');
  expect(value.length).toBe(1);
});

test('a fact that does not hold throws an InvariantError that names it', () => {
  expect(() => invariant(false, 'match <= last index')).toThrow(InvariantError);
  expect(() => invariant(0, 'match <= last index')).toThrow('match <= last index');
});
