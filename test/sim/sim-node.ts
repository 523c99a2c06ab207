import { asId, type NodeId } from '../../common/pure/ids.ts';
import type { Random } from '../../common/pure/random.ts';
import { FakeEngine } from '../lib/fake-engine/fake-engine.ts';
import { MemoryDisk } from '../lib/memory-disk.ts';
import type { MemoryNetwork } from '../lib/memory-net.ts';
import { VirtualProxyProcess } from '../lib/virtual-proxy.ts';
import type { ContainerHosts } from './container-hosts.ts';
import type { Daemon } from './daemon.ts';
import { simImages } from './images.ts';
import { NodeLink } from './links.ts';
import type { Machine } from './machine.ts';
import type { SimOptions } from './options.ts';
import type { SimClock } from './sim-clock.ts';

export interface SimNodeParts {
  readonly index: number;
  readonly options: SimOptions;
  readonly clock: SimClock;
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly hosts: ContainerHosts;
}

/** One machine: what lasts beyond its daemon. Engine, disks, proxy process, its place in the network, its clock's error. */
export class SimNode implements Machine {
  readonly index: number;
  readonly name: string;
  readonly address: string;
  /** Empty until it has joined. */
  nodeId: NodeId = asId('');
  readonly random: Random;
  readonly engine: FakeEngine;
  readonly proxy: VirtualProxyProcess;
  readonly link: NodeLink;
  disk: MemoryDisk;
  /** The role that it was seen with last. */
  isManager: boolean;
  daemon: Daemon | undefined;
  /** Daemons so far. */
  runs = 0;
  skewMs: number;
  /** False after a power cut. */
  isOn = true;
  isEngineUp = true;
  /** Added to what every call of the disk takes, virtual milliseconds. */
  diskSlowMs = 0;
  /** When its daemon started last. */
  bootedAtMs = 0;
  /** Ids of the sessions that its daemons had, oldest first. */
  readonly sessionIds: string[] = [];
  /** Ends the daemon when so many more calls of this name have been made. */
  killAt: { readonly call: string; left: number } | undefined;
  readonly #network: MemoryNetwork;

  constructor(parts: SimNodeParts) {
    const { index, options, clock, network } = parts;
    this.index = index;
    this.isManager = index < options.managers;
    this.name = `n${index}`;
    this.address = `192.168.0.${index + 1}`;
    this.random = parts.random.fork(this.name);
    this.#network = network;
    network.host(this.name, [this.address]);
    this.engine = new FakeEngine({
      clock,
      random: this.random.fork('engine'),
      hostname: this.name,
      images: simImages,
      faults: engineFaults(options),
    });
    parts.hosts.follow(this.engine);
    const diskRandom = this.random.fork('disk');
    const latency = this.random.fork('disk latency');
    this.disk = new MemoryDisk({
      random: diskRandom,
      clock,
      latencyMs: () => latency.unit() * (options.diskMs + this.diskSlowMs),
    });
    const proxyDisk = new MemoryDisk({ random: diskRandom.fork('proxy'), clock });
    this.proxy = new VirtualProxyProcess(network, this.name, proxyDisk);
    // The world waits for nothing of this: without latency it is done within the call.
    void proxyDisk.makeDirectory('/proxy');
    const rates = { delayMs: options.linkMs, breaks: options.linkBreaks };
    this.link = new NodeLink(this.random.fork('link'), rates);
    this.skewMs = (this.random.fork('skew').unit() - 0.5) * options.skewMs;
  }

  /** Ends the daemon alone, as kill -9 does: what it wrote stays, containers and proxy go on. */
  killDaemon(): void {
    this.daemon?.kill(true);
    this.daemon = undefined;
    this.disk = this.disk.crash('kept');
  }

  /** Ends everything on the machine; of what was not synced some is lost. */
  losePower(): void {
    this.isOn = false;
    this.isEngineUp = false;
    this.daemon?.kill(false);
    this.daemon = undefined;
    this.disk = this.disk.crash('cut');
    this.#network.stopHost(this.name);
    void this.proxy.kill();
    this.engine.stop();
  }

  restorePower(): void {
    this.isOn = true;
    this.isEngineUp = true;
    this.#network.startHost(this.name);
    this.engine.start();
  }
}

function engineFaults(options: SimOptions): {
  readonly refusedCalls: number;
  readonly lostAnswers: number;
  readonly callMsMax: number;
  readonly eventMsMax: number;
} {
  return {
    refusedCalls: options.refusedCalls,
    lostAnswers: options.lostAnswers,
    callMsMax: options.engineCallMs,
    eventMsMax: options.engineEventMs,
  };
}
