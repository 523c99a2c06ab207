import type { FakeImage } from '../lib/fake-engine/program.ts';

/** Images of simulated services, and what is to be expected of a service that runs them. */
export const simImages: readonly FakeImage[] = [
  { reference: 'web:1' },
  { reference: 'app:1', isLocal: false, pullMs: 700 },
  { reference: 'slow:1', isLocal: false, pullMs: 8000 },
  { reference: 'stubborn:1', program: { stopMs: Infinity } },
  { reference: 'lazy:1', program: { stopMs: 3000, stopExitCode: 143 } },
  {
    reference: 'checked:1',
    hasHealthcheck: true,
    program: { health: { afterMs: 1500, status: 'healthy' } },
  },
  { reference: 'crash:1', program: { exitAfterMs: 4000, exitCode: 1 } },
  { reference: 'dies:1', program: { exitAfterMs: 1, exitCode: 2 } },
  { reference: 'done:1', program: { exitAfterMs: 3000, exitCode: 0 } },
  {
    reference: 'sick:1',
    hasHealthcheck: true,
    program: { health: { afterMs: 1500, status: 'unhealthy' } },
  },
  { reference: 'broken:1', program: { startError: { statusCode: 400, message: 'no such file' } } },
  {
    reference: 'denied:1',
    isLocal: false,
    pullError: { statusCode: 404, message: 'pull access denied for denied' },
  },
];

/** Images whose tasks run once they are given time. */
export const goodImages = [
  'web:1',
  'web:1',
  'app:1',
  'slow:1',
  'stubborn:1',
  'lazy:1',
  'checked:1',
];

/** Images whose tasks never last. */
export const badImages = ['crash:1', 'dies:1', 'done:1', 'sick:1', 'broken:1', 'denied:1'];

/** Of these those that never begin to run. */
export const deadImages = ['sick:1', 'broken:1', 'denied:1'];
