// Shows when a disk that fills up closes the door to changes, when it opens again, and what is said meanwhile.
import { expect, test } from 'vitest';
import { limits } from '../../../../common/pure/limits.ts';
import {
  shortageText,
  stepRoom,
  unknownRoom,
  type DiskRoom,
} from '../../../../node/lifecycle/disk-room.ts';

const { diskFreeBytesMin, diskFreeBytesAmple } = limits;

function afterAll(...looks: readonly number[]): DiskRoom {
  return looks.reduce(stepRoom, unknownRoom);
}

test('changes are taken before anybody looked, and while there is enough', () => {
  expect(shortageText(unknownRoom, '/data')).toBeUndefined();
  expect(afterAll(diskFreeBytesMin)).toEqual({ freeBytes: diskFreeBytesMin, isShort: false });
});

test.each([
  ['below the least', [diskFreeBytesMin - 1], true],
  ['nothing at all', [0], true],
  ['a little more than the least, after less', [0, diskFreeBytesMin + 1], true],
  ['just not ample, after less', [0, diskFreeBytesAmple - 1], true],
  ['ample, after less', [0, diskFreeBytesAmple], false],
  ['the least, after ample', [0, diskFreeBytesAmple, diskFreeBytesMin], false],
])('with %s free, being short is told', (_, looks, isShort) => {
  expect(afterAll(...looks).isShort).toBe(isShort);
});

test('the words name the place, what is needed and what is there', () => {
  expect(shortageText(afterAll(3 * 1024 * 1024 + 5), '/var/lib/shoal')).toBe(
    'no space left on the device that holds /var/lib/shoal: free at least 80 MB (3 MB are free now); until then changes are refused, and what runs goes on',
  );
});
