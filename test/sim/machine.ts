import type { MemoryDisk } from '../lib/memory-disk.ts';
import type { VirtualProxyProcess } from '../lib/virtual-proxy.ts';
import type { NodeLink } from './links.ts';

/** What a daemon, and the network, know of the machine of a node. */
export interface Machine {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly link: NodeLink;
  readonly proxy: VirtualProxyProcess;
  readonly disk: MemoryDisk;
  /** What its wall clock is wrong by, milliseconds. */
  readonly skewMs: number;
  /** False after a power cut. */
  readonly isOn: boolean;
  /** Ids of the sessions that its daemons had, oldest first. */
  readonly sessionIds: string[];
}
