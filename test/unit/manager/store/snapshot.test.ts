// A snapshot is of one moment, may come in pieces of any length, and is refused when a byte of it is wrong.
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../common/pure/bytes.ts';
import { isShoalError } from '../../../../common/pure/errors.ts';
import { encodeSnapshotRecord, newSnapshotHeader } from '../../../../proto/gen/changeset.ts';
import { TaskState, newTaskStatus } from '../../../../proto/gen/objects.ts';
import { take } from '../../../../manager/store/ops.ts';
import { SnapshotInstaller } from '../../../../manager/store/snapshot-installer.ts';
import { cutSnapshot, stateHash } from '../../../../manager/store/snapshot.ts';
import type { SnapshotCut } from '../../../../manager/store/snapshot.ts';
import { Store } from '../../../../manager/store/store.ts';
import { StoreFixture, putValue } from '../../../lib/store-fixture.ts';

const unknown = Uint8Array.of(0xfa, 0x3e, 1, 7);

function someStore(tasks = 30): StoreFixture {
  const fixture = new StoreFixture();
  fixture.node('n1');
  fixture.service('web', { unknown });
  for (let n = 0; n < tasks; n += 1) {
    fixture.task(`t${n}`, { serviceId: 'web', slot: n, unknown });
    fixture.change({ claims: [take('address/net', `10.0.0.${n}`, `t${n}`)] });
  }
  const status = newTaskStatus({ state: TaskState.running, unknown });
  fixture.change({ ops: [putValue('t1', { kind: 'taskStatus', value: status })] });
  fixture.apply({ claims: [take('address/net', '10.0.0.1', 'other')] });
  return fixture;
}

function allBytes(cut: SnapshotCut): Uint8Array {
  const parts: Uint8Array[] = [];
  while (!cut.isDone) parts.push(cut.encodeSlice(7));
  return concatBytes(parts);
}

function install(bytes: Uint8Array, pieceBytes = bytes.length): Store {
  const installer = new SnapshotInstaller();
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    installer.feed(bytes.subarray(at, at + pieceBytes));
    while (installer.step(5));
  }
  const store = new Store();
  store.replace(installer.finish());
  return store;
}

describe('a snapshot', () => {
  it('is of the moment at which it was cut', () => {
    const fixture = someStore();
    const hash = stateHash(fixture.store);
    const cut = cutSnapshot(fixture.store);
    const first = cut.encodeSlice(3);
    fixture.task('late', { serviceId: 'web' });
    fixture.change({
      ops: [
        putValue('t2', {
          kind: 'taskStatus',
          value: newTaskStatus({ state: TaskState.failed }),
        }),
      ],
    });
    const other = install(concatBytes([first, allBytes(cut)]));
    expect(stateHash(other)).toBe(hash);
    expect(stateHash(fixture.store)).not.toBe(hash);
  });

  it.each([1, 3, 1000])('can be read in pieces of %i bytes', (pieceBytes) => {
    const fixture = someStore();
    const other = install(allBytes(cutSnapshot(fixture.store)), pieceBytes);
    expect(stateHash(other)).toBe(stateHash(fixture.store));
  });

  it('keeps fields that this version does not know, and answers to retries', () => {
    const fixture = someStore();
    const other = install(allBytes(cutSnapshot(fixture.store)));
    const [task] = other.view.tasksByDesiredState(TaskState.new);
    expect(task?.unknown?.row).toEqual(unknown);
    expect(other.view.services()[0]?.unknown).toEqual(unknown);
    for (const line of fixture.store.timeline()) {
      expect(other.outcomeOf(line.setId)).toEqual(fixture.store.outcomeOf(line.setId));
    }
  });

  it('has the same bytes for the same history', () => {
    expect(allBytes(cutSnapshot(someStore().store))).toEqual(
      allBytes(cutSnapshot(someStore().store)),
    );
  });

  it('is refused when any byte is wrong', () => {
    const bytes = allBytes(cutSnapshot(someStore(2).store));
    const intact = stateHash(install(bytes));
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      // What is not refused must be without effect, as a longer form of the same number is.
      let hash = intact;
      try {
        hash = stateHash(install(damaged));
      } catch (error) {
        const isExpected = isShoalError(error, 'corrupt') || isShoalError(error, 'levelTooLow');
        expect(isExpected).toBe(true);
      }
      expect(hash).toBe(intact);
    }
  });

  it('is refused when it ends early', () => {
    const bytes = allBytes(cutSnapshot(someStore(3).store));
    for (let length = 0; length < bytes.length; length += 17) {
      expect(() => install(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'corrupt' }),
      );
    }
  });

  it('is refused when it goes on after its end', () => {
    const bytes = allBytes(cutSnapshot(someStore().store));
    expect(() => install(concatBytes([bytes, bytes]))).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  });

  it.each([{ format: 2 }, { format: 1, level: 2 }])(
    'of a newer version ends the node',
    (header) => {
      const value = newSnapshotHeader(header);
      const record = encodeSnapshotRecord({ record: { kind: 'header', value } });
      expect(() => install(Uint8Array.of(record.length, ...record))).toThrow(
        expect.objectContaining({ code: 'levelTooLow' }),
      );
    },
  );
});

describe('the hash of the state', () => {
  it('changes with every row', () => {
    const fixture = new StoreFixture();
    const hashes = new Set<number>();
    for (let n = 0; n < 50; n += 1) {
      fixture.node(`n${n}`);
      hashes.add(stateHash(fixture.store));
    }
    expect(hashes.size).toBe(50);
  });
});
