import { expect, it } from 'vitest';
import { registryOf, splitImageReference } from '../../../../common/pure/image-reference.ts';

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

it.each([
  ['nginx', 'docker.io'],
  ['library/nginx:1', 'docker.io'],
  ['reg:5000/a/b', 'reg:5000'],
  ['localhost/a', 'localhost'],
  ['example.com/a:1', 'example.com'],
  ['Upper/a', 'Upper'],
  ['nginx:1', 'docker.io'],
])('%s is kept by %s', (reference, registry) => {
  expect(registryOf(reference)).toBe(registry);
});
