import type { Host } from '../../integration/testbed/host.ts';

/** Metrics of a host's daemon, by name with labels: `shoal_store_rows{table="tasks"}`. Each reading begins their maxima anew. */
export async function metricsOf(host: Host): Promise<ReadonlyMap<string, number>> {
  const sockets = await host.engine.exec('ss', ['-Hltnp']);
  const own = sockets.stdout
    .split('\n')
    .filter((line) => line.includes(`pid=${String(host.node.pid)},`));
  const port = /127\.0\.0\.1:(\d+)/.exec(own.join('\n'))?.[1];
  if (port === undefined) throw new Error(`${host.name} serves no metrics`);
  const url = `http://127.0.0.1:${port}/metrics`;
  const { stdout } = await host.engine.exec('curl', ['-sS', '-m', '20', url]);
  const samples = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((sample) => {
      const at = sample.lastIndexOf(' ');
      return [sample.slice(0, at), Number(sample.slice(at + 1))];
    }),
  );
}

/** Tasks in the store of a host's daemon. */
export async function tasksIn(host: Host): Promise<number> {
  return (await metricsOf(host)).get('shoal_store_rows{table="tasks"}') ?? 0;
}
