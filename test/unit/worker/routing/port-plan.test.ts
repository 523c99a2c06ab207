// From endpoint sets to the ports that the proxy listens on: what is served, what is refused and why, what changes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newEndpoint, newEndpointSet, type EndpointSet } from '../../../../proto/gen/dispatcher.ts';
import { newPortConfig, PortProtocol, PublishMode } from '../../../../proto/gen/specs.ts';
import { diffPorts, planPorts, publishesPorts } from '../../../../worker/routing/port-plan.ts';

function webSet(fields: Partial<EndpointSet> = {}): EndpointSet {
  return newEndpointSet({
    serviceId: 'web',
    ports: [newPortConfig({ publishedPort: 8080, targetPort: 80 })],
    endpoints: [
      newEndpoint({ taskId: 'b', address: '10.0.0.3' }),
      newEndpoint({ taskId: 'a', address: '10.0.0.2' }),
    ],
    ...fields,
  });
}

describe('planPorts', () => {
  it('opens each published port with the service’s tasks behind it', () => {
    expect(planPorts([webSet()])).toEqual({
      ports: [
        {
          port: 8080,
          serviceId: 'web',
          targets: [
            { taskId: 'a', address: '10.0.0.2', port: 80 },
            { taskId: 'b', address: '10.0.0.3', port: 80 },
          ],
        },
      ],
      failures: [],
    });
  });

  it('keeps a port open whose service has no task that runs', () => {
    const plan = planPorts([webSet({ endpoints: [] })]);
    expect(plan.ports.map(({ port, targets }) => ({ port, targets }))).toEqual([
      { port: 8080, targets: [] },
    ]);
  });

  it('leaves alone ports in host mode and ports without a number', () => {
    const ports = [
      newPortConfig({ publishedPort: 80, targetPort: 80, publishMode: PublishMode.host }),
      newPortConfig({ publishedPort: 0, targetPort: 80 }),
    ];
    expect(planPorts([webSet({ ports })])).toEqual({ ports: [], failures: [] });
  });

  it('says that udp and sctp are not carried', () => {
    const ports = [
      newPortConfig({ publishedPort: 53, targetPort: 53, protocol: PortProtocol.udp }),
      newPortConfig({ publishedPort: 54, targetPort: 53, protocol: PortProtocol.sctp }),
    ];
    expect(planPorts([webSet({ ports })]).failures).toEqual([
      { port: 53, protocol: 'udp', error: 'udp is not carried by the userland proxy yet' },
      { port: 54, protocol: 'sctp', error: 'sctp is not carried by the userland proxy yet' },
    ]);
  });

  it('refuses ports beyond 65535', () => {
    const ports = [
      newPortConfig({ publishedPort: 70_000, targetPort: 80 }),
      newPortConfig({ publishedPort: 80, targetPort: 0 }),
    ];
    expect(planPorts([webSet({ ports })]).failures.map(({ error }) => error)).toEqual([
      'target port is out of range',
      'published port is out of range',
    ]);
  });

  it('gives a port that two services ask for to one of them, whatever the order', () => {
    const rival = webSet({ serviceId: 'api' });
    for (const sets of [
      [webSet(), rival],
      [rival, webSet()],
    ]) {
      const plan = planPorts(sets);
      expect(plan.ports.map(({ serviceId }) => serviceId)).toEqual(['api']);
      expect(plan.failures).toEqual([
        { port: 8080, protocol: 'tcp', error: 'port is published by another service' },
      ]);
    }
  });

  it('passes over endpoints without an address, and a task named twice', () => {
    const endpoints = [
      newEndpoint({ taskId: 'a' }),
      newEndpoint({ taskId: 'b', address: '10.0.0.3' }),
      newEndpoint({ taskId: 'b', address: '10.0.0.4' }),
    ];
    expect(planPorts([webSet({ endpoints })]).ports[0]?.targets).toEqual([
      { taskId: 'b', address: '10.0.0.3', port: 80 },
    ]);
  });
});

describe('publishesPorts', () => {
  it('is false without sets and for sets that the proxy has nothing to do for', () => {
    expect(publishesPorts([])).toBe(false);
    expect(publishesPorts([webSet({ ports: [] })])).toBe(false);
    expect(publishesPorts([webSet()])).toBe(true);
  });
});

describe('diffPorts', () => {
  const port = fc.integer({ min: 1, max: 30 });

  it('once applied leaves nothing to do, and touches no port that stays', () => {
    fc.assert(
      fc.property(fc.array(port), fc.array(port), (before, after) => {
        const plan = planPorts([
          webSet({
            ports: after.map((publishedPort) => newPortConfig({ publishedPort, targetPort: 1 })),
          }),
        ]);
        const open = new Set(before);
        const difference = diffPorts(open, plan);
        for (const gone of difference.close) expect(open.delete(gone)).toBe(true);
        for (const fresh of difference.open) {
          expect(open.has(fresh)).toBe(false);
          open.add(fresh);
        }
        expect(open).toEqual(new Set(after));
        expect(diffPorts(open, plan)).toEqual({ open: [], close: [] });
      }),
    );
  });
});
