// What people read while an image is pulled, and how rarely it changes.
import { expect, it } from 'vitest';
import { limits } from '../../../../../common/pure/limits.ts';
import { PullProgressText } from '../../../../../worker/executor/docker/pull-progress.ts';

function line(status: string, id = '', current = 0, total = 0) {
  return { status, id, current, total };
}

it('counts the bytes of all layers that have begun', () => {
  const text = new PullProgressText('web:1', 0);
  expect(text.text).toBe('pulling image web:1');
  expect(text.take(line('Downloading', 'a', 1_000_000, 4_000_000), 0)).toBe(false);
  expect(text.take(line('Downloading', 'b', 500_000, 2_000_000), 1000)).toBe(true);
  expect(text.text).toBe('pulling image web:1: 1.5 MB of 6.0 MB downloaded');
  text.take(line('Download complete', 'a'), 1001);
  text.take(line('Pull complete', 'b'), 1002);
  expect(text.take(line('Extracting', 'b', 1, 2), 60_000)).toBe(true);
  expect(text.text).toBe('pulling image web:1: 6.0 MB downloaded, unpacking');
});

it('says what the engine says where there are no bytes', () => {
  const text = new PullProgressText('web:1', 0);
  expect(text.take(line('Pulling from web', '1'), 5000)).toBe(true);
  expect(text.text).toBe('pulling image web:1: Pulling from web');
  expect(text.take(line('Pulling from web', '1'), 100_000)).toBe(false);
});

it('tells ever more rarely', () => {
  const text = new PullProgressText('web:1', 0);
  const told: number[] = [];
  for (let ms = 0; ms <= 200_000; ms += 100) {
    if (text.take(line('Downloading', 'a', ms * 1000, 1e9), ms)) told.push(ms / 1000);
  }
  expect(told).toEqual([1, 3, 7, 15, 31, 61, 91, 121, 151, 181]);
});

it('counts no more layers than the limit', () => {
  const text = new PullProgressText('web:1', 0);
  for (let layer = 0; layer < limits.pullProgressLayers + 10; layer += 1)
    text.take(line('Downloading', `l${layer}`, 0, 1_000_000), 0);
  text.take(line('x'), 1000);
  expect(text.text).toContain(`of ${limits.pullProgressLayers}.0 MB`);
});
