import { driverMutants } from './driver.ts';
import { electionMutants } from './elections.ts';
import type { Mutant } from './mutant.ts';
import { quorumMutants } from './quorums.ts';
import { replicationMutants } from './replication.ts';
import { storageMutants } from './storage.ts';

/** All planted bugs. */
export const catalogue: readonly Mutant[] = [
  ...electionMutants,
  ...quorumMutants,
  ...replicationMutants,
  ...storageMutants,
  ...driverMutants,
];
