import { renderTable } from './table.ts';
import { compareNatural, familiarImage, shortId } from './text.ts';
import type { PortView, ServiceView } from './views.ts';

const header = ['ID', 'NAME', 'MODE', 'REPLICAS', 'IMAGE', 'PORTS'];

/** The table of `service ls`, in the order of names. */
export function renderServiceList(services: readonly ServiceView[]): string {
  return renderTable(header, sortServices(services).map(serviceCells));
}

/** Services by name, numbers within names counted as numbers. */
export function sortServices(services: readonly ServiceView[]): readonly ServiceView[] {
  return services.toSorted((left, right) => compareNatural(left.name, right.name));
}

function serviceCells(service: ServiceView): readonly string[] {
  return [
    shortId(service.id),
    service.name,
    service.mode,
    replicasText(service),
    familiarImage(service.image),
    portsText(service.ports),
  ];
}

/** Running and wanted tasks: "2/3", "2/3 (max 1 per node)", of jobs "0/1 (3/5 completed)". */
export function replicasText(service: ServiceView): string {
  const { running, desired, completed } = service.status ?? {
    running: 0,
    desired: 0,
    completed: 0,
  };
  const counts = `${String(running)}/${String(desired)}`;
  if (service.mode === 'replicated' && service.maxPerNode > 0) {
    return `${counts} (max ${String(service.maxPerNode)} per node)`;
  }
  if (service.mode === 'replicated job') {
    return `${counts} (${String(completed)}/${String(service.replicas ?? 0)} completed)`;
  }
  if (service.mode !== 'global job') return counts;
  return `${counts} (${String(completed)}/${String(desired + completed)} completed)`;
}

interface PortRange {
  readonly protocol: string;
  readonly published: readonly [first: number, last: number];
  readonly target: readonly [first: number, last: number];
}

/** Ports published through the ingress, neighbours joined: "*:80-82->80-82/tcp, *:53->53/udp". */
export function portsText(ports: readonly PortView[]): string {
  const ranges: PortRange[] = [];
  for (const port of ports
    .filter((each) => each.publishMode === 'ingress')
    .toSorted(comparePorts)) {
    const last = ranges.at(-1);
    if (last !== undefined && continues(last, port)) ranges[ranges.length - 1] = extend(last, port);
    else ranges.push(startRange(port));
  }
  return ranges.map(rangeText).join(', ');
}

function comparePorts(left: PortView, right: PortView): number {
  if (left.protocol !== right.protocol) return left.protocol < right.protocol ? -1 : 1;
  return left.publishedPort - right.publishedPort;
}

/** Docker's rule: both ports follow at once, or repeat the last one, but a range of targets is never left again. */
function continues(range: PortRange, port: PortView): boolean {
  const [firstTarget, lastTarget] = range.target;
  const publishedStep = port.publishedPort - range.published[1];
  const targetStep = port.targetPort - lastTarget;
  const isRange = firstTarget !== lastTarget;
  return (
    port.protocol === range.protocol &&
    (publishedStep === 0 || publishedStep === 1) &&
    (targetStep === 1 || (targetStep === 0 && !isRange))
  );
}

function startRange(port: PortView): PortRange {
  return {
    protocol: port.protocol,
    published: [port.publishedPort, port.publishedPort],
    target: [port.targetPort, port.targetPort],
  };
}

function extend(range: PortRange, port: PortView): PortRange {
  return {
    protocol: range.protocol,
    published: [range.published[0], port.publishedPort],
    target: [range.target[0], port.targetPort],
  };
}

function rangeText(range: PortRange): string {
  return `*:${spanText(range.published)}->${spanText(range.target)}/${range.protocol}`;
}

function spanText([first, last]: readonly [number, number]): string {
  return last > first ? `${String(first)}-${String(last)}` : String(first);
}
