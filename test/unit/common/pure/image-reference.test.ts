import { expect, it } from 'vitest';
import { splitImageReference } from '../../../../common/pure/image-reference.ts';

// References come apart as the engine's pull call wants them.

it.each([
  ['web', 'web', 'latest'],
  ['web:1', 'web', '1'],
  ['registry:5000/a/web', 'registry:5000/a/web', 'latest'],
  ['registry:5000/a/web:2', 'registry:5000/a/web', '2'],
  ['web@sha256:ab', 'web', 'sha256:ab'],
  ['registry:5000/web:3@sha256:ab', 'registry:5000/web', 'sha256:ab'],
])('splits %s', (reference, name, tag) => {
  expect(splitImageReference(reference)).toEqual({ name, tag });
});
