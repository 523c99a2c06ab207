import { NodeClock } from '../../common/platform/clock.ts';
import { NodeDisk } from '../../common/platform/disk.ts';
import { EngineClient } from '../../common/platform/engine/client.ts';
import { NodeEntropy } from '../../common/platform/entropy.ts';
import { processLog } from '../../common/platform/log.ts';
import { NodeNet } from '../../common/platform/net.ts';
import type { Log } from '../../common/ports/log.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { seededRandom } from '../../common/pure/random.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { ProxyClient } from '../../worker/proxy/client.ts';
import { ProxyProcess } from '../../worker/proxy/process/spawn.ts';
import { DataRoot } from '../dataroot/data-root.ts';
import { EngineSocket } from '../httpapi/adapter/engine-http.ts';
import { ApiServer } from '../httpapi/adapter/server.ts';
import { createApi } from '../httpapi/api.ts';
import { MetricsListener } from '../listeners/metrics.ts';
import { PrometheusMetrics } from '../listeners/prometheus.ts';
import { packageVersion } from '../../common/platform/package-version.ts';
import { configErrorExitCode, daemonHelp, isHelpRequested, parseDaemonConfig } from './config.ts';
import type { DaemonConfig } from './config.ts';
import { DiskWatch } from './disk-watch.ts';
import { GrpcNets } from './grpc-nets.ts';
import { daemonMetrics } from './metrics.ts';
import { Node } from './node.ts';
import { productFacts } from './product-facts.ts';
import { StopSignals } from './stop-signals.ts';

/** How long requests in flight may take once the daemon stops, milliseconds. */
const apiGraceMs = 2_000;

/** Runs the daemon until it is told to stop, or fails. Gives the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  if (isHelpRequested(argv)) {
    process.stdout.write(daemonHelp);
    return 0;
  }
  let config: DaemonConfig;
  try {
    config = parseDaemonConfig(argv, process.env);
  } catch (error) {
    if (!isShoalError(error)) throw error;
    process.stderr.write(`shoal daemon: ${error.message}\n`);
    return configErrorExitCode;
  }
  const { log } = processLog(config.logLevel, { node: config.hostname });
  using stop = new StopSignals(log);
  try {
    await serve(config, log, stop);
    log.at('info', 'stopped');
    return 0;
  } catch (error) {
    log.at('error', 'the daemon ends', { error });
    process.stderr.write(
      `shoal daemon: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  }
}

/** Everything that the daemon is made of, created in order and disposed in reverse. @throws what ended it, unless that was a signal */
const version = packageVersion();

async function serve(config: DaemonConfig, log: Log, stop: StopSignals): Promise<void> {
  const entropy = new NodeEntropy();
  const clock = new NodeClock();
  const seed = Buffer.from(entropy.bytes(6)).readUIntBE(0, 6);
  const random = seededRandom(seed);
  const net = new NodeNet();
  await using root = await DataRoot.open(config.dataRoot);
  const proxyProcess = new ProxyProcess(root.paths.proxy, version);
  const proxy = new ProxyClient({
    net,
    clock,
    random: random.fork('proxy'),
    log,
    spawner: proxyProcess,
    socketPath: proxyProcess.files.socket,
    pid: process.pid,
    build: version,
  });
  await using engine = new EngineClient(config.engineSocket);
  const disk = new NodeDisk();
  const room = new DiskWatch({ disk, clock, log, path: root.path });
  const counted = new PrometheusMetrics();
  await using node = new Node({
    hostname: config.hostname,
    paths: root.paths,
    disk,
    room,
    engine,
    publishedPorts: proxy,
    nets: new GrpcNets(),
    clock,
    random,
    entropy,
    log,
    metrics: counted,
    failed: (error) => {
      stop.fail(error);
    },
  });
  const engineSocket = new EngineSocket(config.engineSocket);
  const traceIds = random.fork('traces');
  await using api = new ApiServer({
    handler: createApi({
      control: node,
      engine: engineSocket,
      clock,
      log,
      random: random.fork('api'),
      product: productFacts(version, config.hostname),
    }),
    engine: engineSocket,
    log,
    traceId: () =>
      traceIds.u32().toString(16).padStart(8, '0') + traceIds.u32().toString(16).padStart(8, '0'),
  });
  await using metrics = new MetricsListener(daemonMetrics(node, proxy, room), counted);
  await using group = new TaskGroup();
  group.spawn('proxy', (signal) => proxy.run(signal));
  await room.look();
  group.spawn('disk', (signal) => room.run(signal));
  await node.open();
  await api.listen(config.hostSocket);
  await metrics.listen(config.metricsAddr.host, config.metricsAddr.port);
  log.at('info', 'the API is served', { socket: config.hostSocket, pid: process.pid, version });
  // A manager that waits for its log, or a worker for a manager, is told to stop like any other.
  await Promise.race([node.start(), stop.requested]);
  await stop.requested;
  await api.close(apiGraceMs);
}

process.exitCode = await main(process.argv.slice(2));
