import { driverOptions, type DriverOptions } from '../../../manager/consensus/options.ts';

/** Small segments and frequent snapshots, so that kills fall into rollovers and compactions too. */
export function testOptions(directory: string): DriverOptions {
  return driverOptions(
    { directory, clusterId: 'k'.repeat(25), memberId: 0xabc },
    {
      segmentBytes: 256 * 1024,
      groupBytes: 32 * 1024,
      snapshotEntries: 700,
      trailingEntries: 50,
    },
  );
}

/** A data key of the test's. */
export function testKey(): Uint8Array {
  return new Uint8Array(32).fill(3);
}
