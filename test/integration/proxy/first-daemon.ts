// A daemon to be killed: publishes one port, prints the pid of the proxy, waits.
// Arguments: directory, published port, target port, addresses of the tasks.
import { newEndpoint, newEndpointSet } from '../../../proto/gen/dispatcher.ts';
import { newPortConfig } from '../../../proto/gen/specs.ts';
import { startProxyDaemon } from '../../lib/proxy-daemon.ts';

const [directory = '', published = '', target = '', ...addresses] = process.argv.slice(2);
const daemon = await startProxyDaemon(directory);
const set = newEndpointSet({
  serviceId: 'web',
  ports: [newPortConfig({ publishedPort: Number(published), targetPort: Number(target) })],
  endpoints: addresses.map((address, index) =>
    newEndpoint({ taskId: `task${String(index)}`, address }),
  ),
});
await daemon.client.apply(1, [set], AbortSignal.timeout(30_000));
console.log(daemon.client.status().pid);
setInterval(() => undefined, 60_000);
