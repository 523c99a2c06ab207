import { readFileSync } from 'node:fs';
import * as os from 'node:os';

import type { ProductFacts } from '../httpapi/parts.ts';

const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The product and this machine, as `version` and `info` show them while the engine does not answer. */
export function productFacts(version: string, hostname: string): ProductFacts {
  return {
    version,
    gitCommit: '',
    buildTime: '',
    nodeVersion: process.versions.node,
    hostname,
    arch: goArchitectures[process.arch] ?? process.arch,
    machine: os.machine(),
    kernelVersion: os.release(),
    operatingSystem: systemName(),
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
  };
}

/** os-release(5), or the kernel's name where there is none. */
function systemName(): string {
  try {
    const match = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'));
    return match?.[1] ?? os.type();
  } catch {
    return os.type();
  }
}
