import * as os from 'node:os';

import type { ProductFacts } from '../parts.ts';

/** Go's names for processors, by Node's. */
const goArchitectures: Readonly<Record<string, string>> = {
  arm: 'arm',
  arm64: 'arm64',
  ia32: '386',
  x64: 'amd64',
};

/** What `version` and `info` say of this build and this machine. */
export function productFacts(build: {
  readonly version: string;
  readonly hostname: string;
}): ProductFacts {
  return {
    version: build.version,
    gitCommit: '',
    buildTime: '',
    nodeVersion: process.versions.node,
    hostname: build.hostname,
    arch: goArchitectures[process.arch] ?? process.arch,
    machine: os.machine(),
    kernelVersion: os.release(),
    operatingSystem: os.type(),
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
  };
}
