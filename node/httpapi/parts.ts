import type { Random } from '../../common/pure/random.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { NodeControl } from '../../common/ports/node-control.ts';
import type { EngineHttp } from './engine-port.ts';

/** The product and the machine, as `version` and `info` show them. */
export interface ProductFacts {
  /** Of Shoal, `0.1.0`. */
  readonly version: string;
  readonly gitCommit: string;
  /** RFC 3339, or empty. */
  readonly buildTime: string;
  /** `24.21.0` */
  readonly nodeVersion: string;
  readonly hostname: string;
  /** As Go writes it: `amd64`, `arm64`. */
  readonly arch: string;
  /** As the kernel writes it: `x86_64`, `aarch64`. */
  readonly machine: string;
  readonly kernelVersion: string;
  readonly operatingSystem: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** What the API is made of. */
export interface ApiParts {
  readonly control: NodeControl;
  readonly engine: EngineHttp;
  readonly clock: Clock;
  readonly log: Log;
  /** For the names of services that were given none. */
  readonly random: Random;
  readonly product: ProductFacts;
}
