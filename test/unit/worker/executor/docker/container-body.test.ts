import { describe, expect, it } from 'vitest';
import { newAssignment, type Assignment } from '../../../../../proto/gen/dispatcher.ts';
import {
  MountType,
  newContainerSpec,
  newDnsConfig,
  newHealthConfig,
  newLogDriver,
  newMount,
  newPortConfig,
  newResourceLimits,
  newResourceReservations,
  newTaskSpec,
  newUlimit,
  PortProtocol,
  type ContainerSpec,
  type TaskSpec,
} from '../../../../../proto/gen/specs.ts';
import { containerBody } from '../../../../../worker/executor/docker/container-body.ts';

// A task's spec becomes the container that swarm mode would make of it.

const node = { nodeId: 'node1', hostname: 'alpha', platform: undefined };

function assignmentOf(
  container: Partial<ContainerSpec>,
  task: Partial<TaskSpec> = {},
  more: Partial<Assignment> = {},
): Assignment {
  return newAssignment({
    taskId: 'task1',
    serviceId: 'service1',
    serviceName: 'web',
    slot: 2,
    spec: newTaskSpec({
      container: newContainerSpec({ image: 'nginx:1', ...container }),
      ...task,
    }),
    ...more,
  });
}

describe('containerBody', () => {
  it('puts swarm mode`s labels over those of the spec', () => {
    const labels = new Map([
      ['a', 'b'],
      ['com.docker.swarm.task.id', 'mine'],
    ]);
    const body = containerBody(assignmentOf({ labels }), node, []);
    expect(body.Labels).toEqual({
      a: 'b',
      'com.docker.swarm.node.id': 'node1',
      'com.docker.swarm.service.id': 'service1',
      'com.docker.swarm.service.name': 'web',
      'com.docker.swarm.task': '',
      'com.docker.swarm.task.id': 'task1',
      'com.docker.swarm.task.name': 'web.2.task1',
    });
  });

  it('names the task of a global service by its node', () => {
    const body = containerBody(assignmentOf({}, {}, { slot: 0 }), node, []);
    expect(body.Labels?.['com.docker.swarm.task.name']).toBe('web.node1.task1');
  });

  it('lets a command replace the entrypoint, and arguments alone the command', () => {
    const both = containerBody(assignmentOf({ command: ['/bin/a'], args: ['-x'] }), node, []);
    expect(both).toMatchObject({ Entrypoint: ['/bin/a'], Cmd: ['-x'] });
    const args = containerBody(assignmentOf({ args: ['-x'] }), node, []);
    expect(args.Cmd).toEqual(['-x']);
    expect(args).not.toHaveProperty('Entrypoint');
    expect(containerBody(assignmentOf({}), node, [])).not.toHaveProperty('Cmd');
  });

  it('expands templates in environment, hostname and mounts', () => {
    const mounts = [
      newMount({
        type: MountType.volume,
        source: 'data-{{.Task.Slot}}',
        target: '/{{.Service.Name}}',
        volumeLabels: new Map([['node', '{{.Node.Hostname}}']]),
      }),
    ];
    const env = ['A={{.Task.Name}}', 'B={{.Node.ID}}', 'C={{.Service.Labels.zone}}'];
    const hostname = '{{.Service.Name}}-{{.Task.Slot}}';
    const more = { serviceLabels: new Map([['zone', 'eu']]) };
    const body = containerBody(assignmentOf({ mounts, env, hostname }, {}, more), node, []);
    expect(body.Env).toEqual(['A=web.2.task1', 'B=node1', 'C=eu']);
    expect(body.Hostname).toBe('web-2');
    expect(body.HostConfig?.Mounts).toEqual([
      {
        Type: 'volume',
        Source: 'data-2',
        Target: '/web',
        ReadOnly: false,
        VolumeOptions: { NoCopy: false, Labels: { node: 'alpha' } },
      },
    ]);
  });

  it('refuses a template that names nothing, and an assignment without a container', () => {
    const bad = assignmentOf({ env: ['A={{.Nope}}'] });
    expect(() => containerBody(bad, node, [])).toThrow(/expanding env failed/);
    const none = newAssignment({ taskId: 't' });
    expect(() => containerBody(none, node, [])).toThrow(/the task has no container/);
  });

  it('maps mounts of every kind', () => {
    const mounts = [
      newMount({
        type: MountType.bind,
        source: '/a',
        target: '/b',
        readOnly: true,
        bindPropagation: 'rslave',
        bindNonRecursive: true,
      }),
      newMount({ type: MountType.tmpfs, target: '/t', tmpfsSizeBytes: 1024, tmpfsMode: 0o700 }),
      newMount({
        type: MountType.volume,
        target: '/v',
        volumeDriver: 'local',
        volumeDriverOptions: new Map([['type', 'nfs']]),
        volumeNoCopy: true,
      }),
    ];
    const body = containerBody(assignmentOf({ mounts }), node, []);
    expect(body.HostConfig?.Mounts).toEqual([
      {
        Type: 'bind',
        Source: '/a',
        Target: '/b',
        ReadOnly: true,
        BindOptions: { Propagation: 'rslave', NonRecursive: true },
      },
      {
        Type: 'tmpfs',
        Target: '/t',
        ReadOnly: false,
        TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 },
      },
      {
        Type: 'volume',
        Target: '/v',
        ReadOnly: false,
        VolumeOptions: {
          NoCopy: true,
          Labels: {},
          DriverConfig: { Name: 'local', Options: { type: 'nfs' } },
        },
      },
    ]);
  });

  it('maps limits, capabilities, DNS, hosts and the rest', () => {
    const container = {
      user: 'www',
      groups: ['wheel'],
      dir: '/srv',
      init: true,
      tty: true,
      readOnly: true,
      stopSignal: 'SIGINT',
      hosts: ['10.0.0.1 db database', '10.0.0.2 cache'],
      dns: newDnsConfig({ nameservers: ['9.9.9.9'], search: ['local'], options: ['ndots:1'] }),
      sysctls: new Map([['net.core.somaxconn', '1024']]),
      capabilityAdd: ['CAP_NET_ADMIN'],
      capabilityDrop: ['CAP_CHOWN'],
      ulimits: [newUlimit({ name: 'nofile', soft: 10, hard: 20 })],
      oomScoreAdj: 5,
    };
    const task = {
      limits: newResourceLimits({ nanoCpus: 5e8, memoryBytes: 2 ** 20, pids: 50 }),
      reservations: newResourceReservations({ memoryBytes: 2 ** 19 }),
      logDriver: newLogDriver({ name: 'local', options: new Map([['max-size', '1m']]) }),
    };
    const body = containerBody(assignmentOf(container, task), node, []);
    expect(body).toMatchObject({
      User: 'www',
      WorkingDir: '/srv',
      Tty: true,
      StopSignal: 'SIGINT',
    });
    expect(body.HostConfig).toMatchObject({
      RestartPolicy: { Name: 'no' },
      NanoCpus: 5e8,
      Memory: 2 ** 20,
      PidsLimit: 50,
      Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
      Sysctls: { 'net.core.somaxconn': '1024' },
      CapAdd: ['CAP_NET_ADMIN'],
      CapDrop: ['CAP_CHOWN'],
      GroupAdd: ['wheel'],
      OomScoreAdj: 5,
      ReadonlyRootfs: true,
      Init: true,
      Dns: ['9.9.9.9'],
      DnsSearch: ['local'],
      DnsOptions: ['ndots:1'],
      ExtraHosts: ['db:10.0.0.1', 'database:10.0.0.1', 'cache:10.0.0.2'],
      LogConfig: { Type: 'local', Config: { 'max-size': '1m' } },
    });
  });

  it('keeps the image`s health check unless the spec has one', () => {
    expect(containerBody(assignmentOf({}), node, [])).not.toHaveProperty('Healthcheck');
    const healthcheck = newHealthConfig({ test: ['CMD', 'x'], intervalNs: 1e9, retries: 2 });
    const body = containerBody(assignmentOf({ healthcheck }), node, []);
    expect(body.Healthcheck).toMatchObject({ Test: ['CMD', 'x'], Interval: 1e9, Retries: 2 });
    const paced = newHealthConfig({ intervalNs: 1e9 });
    expect(
      containerBody(assignmentOf({ healthcheck: paced }), node, []).Healthcheck,
    ).not.toHaveProperty('Test');
  });

  it('binds host ports and joins the first network at its address', () => {
    const hostPorts = [
      newPortConfig({ targetPort: 53, publishedPort: 5353, protocol: PortProtocol.udp }),
      newPortConfig({ targetPort: 80 }),
    ];
    const attachments = [
      { networkName: 'shoal_ingress', address: '10.0.0.5', aliases: [] },
      { networkName: 'shoal_back', address: '10.0.1.5', aliases: ['db'] },
    ];
    const body = containerBody(assignmentOf({}, {}, { hostPorts }), node, attachments);
    expect(body.ExposedPorts).toEqual({ '53/udp': {}, '80/tcp': {} });
    expect(body.HostConfig?.PortBindings).toEqual({
      '53/udp': [{ HostPort: '5353' }],
      '80/tcp': [{ HostPort: '' }],
    });
    expect(body.HostConfig?.NetworkMode).toBe('shoal_ingress');
    expect(body.NetworkingConfig?.EndpointsConfig).toEqual({
      shoal_ingress: { IPAMConfig: { IPv4Address: '10.0.0.5' } },
    });
  });
});
