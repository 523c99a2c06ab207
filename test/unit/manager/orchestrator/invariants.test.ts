// Shows that whatever happens to a cluster, every decider's work comes to rest at once, that no slot ever has two tasks
// that are meant to run, and that in the end each service has what it asks for, or says why not.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import {
  action,
  calmDown,
  checkLiveness,
  checkSafety,
  newWorld,
  perform,
} from '../../../lib/decider-history.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';

describe('the deciders together', () => {
  test('keep every slot to one wanted task, and settle on what was asked for', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 120 }), (steps) => {
        const rig = newWorld(new DeciderRig());
        for (const step of steps) {
          perform(rig, step);
          checkSafety(rig);
        }
        calmDown(rig);
        checkSafety(rig);
        checkLiveness(rig);
      }),
      { numRuns: 60 },
    );
  });
});
