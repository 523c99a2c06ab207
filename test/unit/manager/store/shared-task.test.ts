// Shows that revisions of a service which run the same task hold one task object, when they are written and when they are read.
import { expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { SnapshotInstaller } from '../../../../manager/store/snapshot-installer.ts';
import { cutSnapshot } from '../../../../manager/store/snapshot.ts';
import {
  newContainerSpec,
  newReplicatedMode,
  newServiceMode,
  newServiceSpec,
  newTaskSpec,
} from '../../../../proto/gen/specs.ts';
import type { ServiceSpec } from '../../../../proto/gen/specs.ts';
import { putValue, StoreFixture } from '../../../lib/store-fixture.ts';

const web = asId<'service'>('web');

function spec(image: string, replicas: number): ServiceSpec {
  return newServiceSpec({
    name: 'web',
    task: newTaskSpec({ container: newContainerSpec({ image }) }),
    mode: newServiceMode({ mode: { kind: 'replicated', value: newReplicatedMode({ replicas }) } }),
  });
}

/** A store whose service was scaled, given another image, and rolled back. */
function scaledAndRolledBack(): { fixture: StoreFixture; versions: readonly number[] } {
  const fixture = new StoreFixture();
  const versions = [fixture.service('web', { spec: spec('a', 1) })];
  for (const next of [spec('a', 2), spec('b', 2), spec('a', 2)]) {
    versions.push(fixture.change({ ops: [putValue('web', { kind: 'serviceSpec', value: next })] }));
  }
  return { fixture, versions };
}

test('a scaled service keeps the task object of the revision before, and so does one that was rolled back', () => {
  const { fixture, versions } = scaledAndRolledBack();
  const [first, scaled, other, back] = versions.map(
    (version) => fixture.view.specRevision(web, version)?.spec.task,
  );
  expect(first).toBeDefined();
  expect(scaled).toBe(first);
  expect(other).not.toBe(first);
  expect(back).toBe(first);
  expect(fixture.view.service(web)?.current.spec).toEqual(spec('a', 2));
});

test('the same holds after the store was read from a snapshot', () => {
  const { fixture, versions } = scaledAndRolledBack();
  const cut = cutSnapshot(fixture.store);
  const installer = new SnapshotInstaller();
  while (!cut.isDone) installer.feed(cut.encodeSlice(100));
  while (installer.step(100));
  const fresh = new StoreFixture();
  fresh.store.replace(installer.finish());
  const [first, scaled, other, back] = versions.map(
    (version) => fresh.view.specRevision(web, version)?.spec.task,
  );
  expect(first).toBeDefined();
  expect(scaled).toBe(first);
  expect(other).not.toBe(first);
  expect(back).toBe(first);
  expect(fresh.view.service(web)?.current.spec).toEqual(spec('a', 2));
});
