import { expect, it } from 'vitest';
import type {
  ContainerCreateBody,
  ContainerDetails,
  ContainerLogsOptions,
  EngineApi,
  EngineEvent,
  NetworkCreateBody,
} from '../../common/ports/engine-api.ts';
import { isShoalError, type ErrorCodeName } from '../../common/pure/errors.ts';
import { decodeUtf8 } from '../../common/pure/utf8.ts';

/** An engine that holds the test image and nothing else of a test's. */
export interface ContractWorld {
  readonly engine: EngineApi;
  readonly image: string;
  /** Waits for `call`, letting time pass where time is virtual. */
  readonly run: <T>(call: Promise<T>) => Promise<T>;
  /** Lets a little time pass. */
  readonly pause: () => Promise<void>;
  /** Takes a container off a network, with force, as somebody else than Shoal may do. */
  readonly disconnect: (network: string, container: string) => Promise<void>;
}

const signal = new AbortController().signal;
let names = 0;

/** A name that no other test of this process uses. */
function uniqueName(): string {
  names += 1;
  return `contract-${process.pid}-${names}`;
}

/**
 * What `EngineApi` promises, as tests: the same for the fake engine, for the client on a fake `dockerd`, and for the client on a real one.
 * So what the simulator relies on is what the real engine does.
 */
export function engineContract(world: () => ContractWorld): void {
  describesItself(world);
  makesContainers(world);
  runsContainers(world);
  endsContainers(world);
  refusesStarts(world);
  givesLogs(world);
  tellsEvents(world);
  makesNetworks(world);
  leavesNetworks(world);
}

function describesItself(world: () => ContractWorld): void {
  it('says what it is', async () => {
    const { engine, run } = world();
    expect((await run(engine.ping(signal))).ApiVersion).toMatch(/^\d+\.\d+$/);
    expect((await run(engine.version(signal))).Os).toBe('linux');
    const info = await run(engine.info(signal));
    expect(info.NCPU).toBeGreaterThan(0);
    expect(info.MemTotal).toBeGreaterThan(1024 ** 2);
    expect(info.Plugins.Network).toContain('bridge');
    expect(info.Plugins.Volume).toContain('local');
  });

  it('ends a call at once whose signal has aborted, with its reason', async () => {
    const { engine, run } = world();
    const reason = new Error('not wanted any more');
    await expect(run(engine.info(AbortSignal.abort(reason)))).rejects.toBe(reason);
  });

  it('knows its images and says which it has not', async () => {
    const { engine, run, image } = world();
    expect((await run(engine.inspectImage(image, signal))).RepoTags).toContain(image);
    const failure = await refusal(world(), engine.inspectImage('shoal-test/none:1', signal));
    expect(failure).toMatchObject({ code: 'notFound', fields: { statusCode: 404 } });
    expect(failure.message).toMatch(/No such image: shoal-test\/none:1/);
  });

  it('fails a pull that the registry refuses', async () => {
    const { engine, run } = world();
    const pull = async (): Promise<void> => {
      for await (const line of engine.pullImage('127.0.0.1:1/none:1', '', signal)) void line;
    };
    const code = await run(
      pull().then(
        () => 'none',
        (error: unknown) => (isShoalError(error) ? error.code : 'not ours'),
      ),
    );
    expect(['notFound', 'engineRefused']).toContain(code);
  });
}

function makesContainers(world: () => ContractWorld): void {
  it('makes a container, finds it by id, prefix, name and label', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    const id = await create(world(), name, { Labels: { 'contract.name': name } });
    for (const key of [id, id.slice(0, 20), name]) {
      const details = await run(engine.inspectContainer(key, signal));
      expect(details).toMatchObject({
        Id: id,
        Name: `/${name}`,
        Labels: { 'contract.name': name },
      });
      expect(details.State).toMatchObject({ Status: 'created', Pid: 0, ExitCode: 0, Error: '' });
      expect(details.State.Health).toBe('none');
    }
    const label = [`contract.name=${name}`];
    const listed = await run(engine.listContainers({ label }, signal));
    expect(listed).toMatchObject([{ Id: id, Names: [`/${name}`], State: 'created' }]);
    expect(await run(engine.listContainers({ label: ['contract.name=else'] }, signal))).toEqual([]);
  });

  it('refuses a container whose image is missing, whose name is taken or malformed', async () => {
    const name = uniqueName();
    const id = await create(world(), name, {});
    const { engine, image } = world();
    const taken = await refusal(world(), engine.createContainer(name, { Image: image }, signal));
    expect(taken).toMatchObject({ code: 'conflict', fields: { statusCode: 409 } });
    expect(taken.message).toContain(
      `The container name "/${name}" is already in use by container "${id}"`,
    );
    const body = { Image: 'shoal-test/none:1' };
    const missing = await refusal(world(), engine.createContainer(uniqueName(), body, signal));
    expect(missing).toMatchObject({
      code: 'notFound',
      message: 'No such image: shoal-test/none:1',
    });
    const malformed = await refusal(
      world(),
      engine.createContainer('a/b', { Image: image }, signal),
    );
    expect(malformed).toMatchObject({ code: 'engineRefused', fields: { statusCode: 400 } });
    expect(malformed.message).toContain('Invalid container name (a/b)');
  });

  it('says that a container does not exist', async () => {
    const { engine } = world();
    const options = { force: true, volumes: true };
    for (const call of [
      () => engine.inspectContainer('contract-none', signal),
      () => engine.startContainer('contract-none', signal),
      () => engine.stopContainer('contract-none', 1, signal),
      () => engine.removeContainer('contract-none', options, signal),
    ]) {
      const failure = await refusal(world(), call());
      expect(failure).toMatchObject({
        code: 'notFound',
        message: 'No such container: contract-none',
      });
    }
  });
}

function runsContainers(world: () => ContractWorld): void {
  it('runs a container with an address; starting it again is no error', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, {});
    await run(engine.startContainer(name, signal));
    await run(engine.startContainer(name, signal));
    const details = await run(engine.inspectContainer(name, signal));
    expect(details.State.Status).toBe('running');
    expect(details.State.Pid).toBeGreaterThan(0);
    expect(Date.parse(details.State.StartedAt)).toBeGreaterThan(0);
    expect(details.Networks['bridge']).toMatchObject({ IPPrefixLen: 16 });
    expect(details.Networks['bridge']?.IPAddress).toMatch(/^172\.17\./);
  });

  it('keeps the exit code of a container that ended by itself', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, { Env: ['EXIT_AFTER_MS=100', 'EXIT_CODE=3'] });
    await run(engine.startContainer(name, signal));
    const details = await until(world(), name, (seen) => seen.State.Status === 'exited');
    expect(details.State).toMatchObject({ ExitCode: 3, Pid: 0, OOMKilled: false, Error: '' });
    expect(Date.parse(details.State.FinishedAt)).toBeGreaterThan(0);
    await run(engine.startContainer(name, signal));
    expect((await run(engine.inspectContainer(name, signal))).State.Status).toBe('running');
  });

  it('checks health', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    const Healthcheck = {
      Test: ['CMD', '/web', 'health'],
      Interval: 2e8,
      Timeout: 5e9,
      Retries: 3,
    };
    await create(world(), name, { Healthcheck });
    await run(engine.startContainer(name, signal));
    expect((await run(engine.inspectContainer(name, signal))).State.Health).toMatch(
      /starting|healthy/,
    );
    await until(world(), name, (seen) => seen.State.Health === 'healthy');
  });
}

function endsContainers(world: () => ContractWorld): void {
  it('stops a container by its signal; stopping it again is no error', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, { Env: ['TERM_CODE=5'] });
    await run(engine.stopContainer(name, 10, signal));
    await run(engine.startContainer(name, signal));
    await run(engine.stopContainer(name, 10, signal));
    await run(engine.stopContainer(name, 10, signal));
    const { State: state } = await run(engine.inspectContainer(name, signal));
    expect(state).toMatchObject({ Status: 'exited', ExitCode: 5 });
  });

  it('kills a container that does not heed its stop signal within the grace', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, { Env: ['IGNORE_TERM=1'] });
    await run(engine.startContainer(name, signal));
    await run(engine.stopContainer(name, 1, signal));
    const { State: state } = await run(engine.inspectContainer(name, signal));
    expect(state).toMatchObject({ Status: 'exited', ExitCode: 137 });
    const failure = await refusal(world(), engine.killContainer(name, 'SIGKILL', signal));
    expect(failure.code).toBe('conflict');
    expect(failure.message).toMatch(/Cannot kill container: .* is not running/);
  });

  it('kills a container', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, {});
    await run(engine.startContainer(name, signal));
    await run(engine.killContainer(name, 'SIGKILL', signal));
    const details = await until(world(), name, (seen) => seen.State.Status === 'exited');
    expect(details.State.ExitCode).toBe(137);
  });

  it('removes a running container only with force', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, {});
    await run(engine.startContainer(name, signal));
    const gentle = { force: false, volumes: true };
    const failure = await refusal(world(), engine.removeContainer(name, gentle, signal));
    expect(failure.code).toBe('conflict');
    expect(failure.message).toContain('You cannot remove a running container');
    await run(engine.removeContainer(name, { force: true, volumes: true }, signal));
    expect((await refusal(world(), engine.inspectContainer(name, signal))).code).toBe('notFound');
  });
}

function refusesStarts(world: () => ContractWorld): void {
  it('leaves a container that cannot start created, with the reason', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, { HostConfig: { NetworkMode: 'contract-none' } });
    const failure = await refusal(world(), engine.startContainer(name, signal));
    expect(failure).toMatchObject({ code: 'notFound', message: 'network contract-none not found' });
    const { State: state } = await run(engine.inspectContainer(name, signal));
    expect(state).toMatchObject({ Status: 'created', ExitCode: 128, Error: failure.message });
  });

  it('says which executable is missing', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, { Entrypoint: ['/nope'] });
    const failure = await refusal(world(), engine.startContainer(name, signal));
    expect(failure).toMatchObject({ code: 'engineRefused', fields: { statusCode: 400 } });
    expect(failure.message).toContain('stat /nope: no such file or directory');
    const { State: state } = await run(engine.inspectContainer(name, signal));
    expect(state).toMatchObject({ Status: 'created', ExitCode: 127 });
    expect(state.Error).toContain('stat /nope');
  });

  it('binds host ports, and refuses one that is taken', async () => {
    const { engine, run } = world();
    const [first, second] = [uniqueName(), uniqueName()];
    const port = String(20_000 + (process.pid % 10_000));
    const body = {
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: port }] } },
    };
    await create(world(), first, body);
    await run(engine.startContainer(first, signal));
    const { Ports: ports } = await run(engine.inspectContainer(first, signal));
    expect(ports['80/tcp']?.[0]).toMatchObject({ HostPort: port });
    await create(world(), second, body);
    const failure = await refusal(world(), engine.startContainer(second, signal));
    expect(failure).toMatchObject({ code: 'engineRefused', fields: { statusCode: 500 } });
    expect(failure.message).toContain(`Bind for 0.0.0.0:${port} failed: port is already allocated`);
    await run(engine.removeContainer(first, { force: true, volumes: true }, signal));
  });
}

function givesLogs(world: () => ContractWorld): void {
  const plain = { stdout: true, stderr: true, since: '', tail: undefined, tty: false };

  async function read(name: string, options: Partial<ContainerLogsOptions>): Promise<string[]> {
    const { engine, run } = world();
    const wanted = { ...plain, follow: false, ...options };
    const texts: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const lines of await engine.containerLogs(name, wanted, signal)) {
        for (const { source, timestamp, text } of lines) {
          expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
          texts.push(`${source} ${decodeUtf8(text)}`);
        }
      }
    };
    await run(reading());
    return texts;
  }

  it('gives the log of a container, from its end and since a time, and follows it until it is over', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, { Env: ['SAY=2', 'EXIT_AFTER_MS=1500'] });
    expect(await read(name, {})).toEqual([]);
    await run(engine.startContainer(name, signal));
    const all = ['stdout line 1\n', 'stdout line 2\n', 'stdout listening\n'];
    expect(await read(name, { follow: true })).toEqual(all);
    expect(await read(name, {})).toEqual(all);
    expect(await read(name, { tail: 2 })).toEqual(all.slice(1));
    expect(await read(name, { stdout: false })).toEqual([]);
    expect(await read(name, { since: '4102444800.000000000' })).toEqual([]);
    expect(await read(name, { since: '1.000000000' })).toEqual(all);
  });

  it('lets go of a log that nobody reads any more, and says which container has none', async () => {
    const { engine, run } = world();
    const name = uniqueName();
    await create(world(), name, { Env: ['SAY=1'] });
    await run(engine.startContainer(name, signal));
    const over = new AbortController();
    const follow = { ...plain, follow: true };
    const stream = await run(engine.containerLogs(name, follow, over.signal));
    const reason = new Error('seen enough');
    const end = (async () => {
      for await (const lines of stream) void lines;
    })().catch((error: unknown) => error);
    await world().pause();
    over.abort(reason);
    expect(await run(end)).toBe(reason);
    const missing = await refusal(world(), engine.containerLogs('contract-none', follow, signal));
    expect(missing).toMatchObject({
      code: 'notFound',
      message: 'No such container: contract-none',
    });
  });
}

function tellsEvents(world: () => ContractWorld): void {
  it('tells what happens to containers with a label, in order', async () => {
    const { engine, run, pause } = world();
    const name = uniqueName();
    const over = new AbortController();
    const filters = {
      type: ['container'],
      event: ['create', 'start', 'die', 'health_status', 'destroy'],
      label: [`contract.name=${name}`],
    };
    const stream = await run(engine.events({ sinceMs: 0, filters }, over.signal));
    const seen: EngineEvent[] = [];
    const reading = collect(stream, seen);
    await create(world(), uniqueName(), { Labels: { 'contract.name': 'else' } });
    await create(world(), name, { Labels: { 'contract.name': name }, Env: ['TERM_CODE=4'] });
    await run(engine.startContainer(name, signal));
    await run(engine.stopContainer(name, 5, signal));
    await run(engine.removeContainer(name, { force: false, volumes: true }, signal));
    for (let turn = 0; turn < 100 && seen.length < 4; turn += 1) await pause();
    over.abort(new Error('seen enough'));
    await run(reading);
    expect(seen.map((event) => event.Action)).toEqual(['create', 'start', 'die', 'destroy']);
    expect(seen[2]?.Actor.Attributes).toMatchObject({ exitCode: '4', 'contract.name': name, name });
  });
}

function makesNetworks(world: () => ContractWorld): void {
  it('makes a network, gives the address that was asked for, and to one container only', async () => {
    const { engine, run } = world();
    const network = await makeNetwork(world(), 201);
    const details = await run(engine.inspectNetwork(network, signal));
    expect(details).toMatchObject({ Name: network, Driver: 'bridge', Scope: 'local' });
    expect(details.IPAM.Config).toEqual([{ Subnet: '10.201.0.0/24', Gateway: '10.201.0.1' }]);
    const listed = await run(
      engine.listNetworks({ label: [`contract.network=${network}`] }, signal),
    );
    expect(listed.map((item) => item.Name)).toEqual([network]);
    const attached = attachedTo(network, '10.201.0.9');
    const [first, second] = [uniqueName(), uniqueName()];
    await create(world(), first, attached);
    await run(engine.startContainer(first, signal));
    const { Networks: networks } = await run(engine.inspectContainer(first, signal));
    expect(networks[network]).toMatchObject({ IPAddress: '10.201.0.9', NetworkID: details.Id });
    await create(world(), second, attached);
    const failure = await refusal(world(), engine.startContainer(second, signal));
    expect(failure).toMatchObject({
      code: 'engineRefused',
      message: 'Address already in use',
      fields: { statusCode: 403 },
    });
    const inUse = await refusal(world(), engine.removeNetwork(network, signal));
    expect(inUse.message).toContain('has active endpoints');
    await run(engine.stopContainer(first, 5, signal));
    await run(engine.startContainer(second, signal));
    await run(engine.removeContainer(second, { force: true, volumes: true }, signal));
    await run(engine.removeNetwork(network, signal));
  });

  it('joins a container to a second network', async () => {
    const { engine, run } = world();
    const [left, right] = [await makeNetwork(world(), 202), await makeNetwork(world(), 203)];
    const name = uniqueName();
    await create(world(), name, attachedTo(left, '10.202.0.5'));
    const endpoint = { IPAMConfig: { IPv4Address: '10.203.0.5' } };
    await run(engine.connectNetwork(right, name, endpoint, signal));
    await run(engine.startContainer(name, signal));
    const { Networks: networks } = await run(engine.inspectContainer(name, signal));
    expect(networks[left]?.IPAddress).toBe('10.202.0.5');
    expect(networks[right]?.IPAddress).toBe('10.203.0.5');
    await run(engine.removeContainer(name, { force: true, volumes: true }, signal));
    for (const network of [left, right]) await run(engine.removeNetwork(network, signal));
  });

  it('refuses a network whose name or subnet is taken, and knows none that is not there', async () => {
    const { engine, run } = world();
    const name = await makeNetwork(world(), 204);
    const taken = await refusal(world(), engine.createNetwork(networkBody(name, 205), signal));
    expect(taken).toMatchObject({
      code: 'conflict',
      message: `network with name ${name} already exists`,
    });
    const body = networkBody(uniqueName(), 204);
    const overlap = await refusal(world(), engine.createNetwork(body, signal));
    expect(overlap).toMatchObject({ code: 'engineRefused', fields: { statusCode: 403 } });
    expect(overlap.message).toContain('Pool overlaps');
    await run(engine.removeNetwork(name, signal));
    for (const call of [
      () => engine.inspectNetwork(name, signal),
      () => engine.removeNetwork(name, signal),
    ]) {
      const failure = await refusal(world(), call());
      expect(failure).toMatchObject({ code: 'notFound', message: `network ${name} not found` });
    }
  });
}

function leavesNetworks(world: () => ContractWorld): void {
  it('tells when a container leaves a network, be it by force or by its end, and shows it without address', async () => {
    const { engine, run, pause, disconnect } = world();
    const network = await makeNetwork(world(), 206);
    const names = [uniqueName(), uniqueName()];
    const over = new AbortController();
    const filters = { type: ['network', 'container'], event: ['disconnect', 'die'] };
    const seen: EngineEvent[] = [];
    const stream = await run(engine.events({ sinceMs: 0, filters }, over.signal));
    const reading = collect(stream, seen);
    const ids: string[] = [];
    for (const [index, name] of names.entries()) {
      ids.push(await create(world(), name, attachedTo(network, `10.206.0.${index + 5}`)));
      await run(engine.startContainer(name, signal));
    }
    const [first = '', second = ''] = names;
    await disconnect(network, first);
    const { State: state, Networks: networks } = await run(engine.inspectContainer(first, signal));
    expect([state.Status, networks]).toEqual(['running', {}]);
    await run(engine.stopContainer(second, 5, signal));
    const told = (): ReadonlySet<string> =>
      new Set(
        seen.flatMap(({ Action, Actor: { ID, Attributes: attributes } }) => {
          const index = ids.indexOf(attributes['container'] ?? ID);
          return index < 0 ? [] : [`${Action} ${index}`];
        }),
      );
    for (let turn = 0; turn < 100 && told().size < 3; turn += 1) await pause();
    over.abort(new Error('seen enough'));
    await run(reading);
    expect(told()).toEqual(new Set(['disconnect 0', 'disconnect 1', 'die 1']));
    for (const name of names)
      await run(engine.removeContainer(name, { force: true, volumes: true }, signal));
    await run(engine.removeNetwork(network, signal));
  });
}

async function create(
  { engine, run, image }: ContractWorld,
  name: string,
  body: Partial<ContainerCreateBody>,
): Promise<string> {
  return (await run(engine.createContainer(name, { Image: image, ...body }, signal))).Id;
}

interface Refusal {
  readonly code: ErrorCodeName;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function refusal(world: ContractWorld, call: Promise<unknown>): Promise<Refusal> {
  const outcome = await world.run(
    call.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  if (!isShoalError(outcome)) throw new Error('the call was not refused', { cause: outcome });
  return outcome;
}

async function until(
  { engine, run, pause }: ContractWorld,
  name: string,
  condition: (details: ContainerDetails) => boolean,
): Promise<ContainerDetails> {
  for (let turn = 0; turn < 200; turn += 1) {
    const details = await run(engine.inspectContainer(name, signal));
    if (condition(details)) return details;
    await pause();
  }
  throw new Error('the container did not get there');
}

async function collect(stream: AsyncIterable<EngineEvent>, into: EngineEvent[]): Promise<void> {
  try {
    for await (const event of stream) into.push(event);
  } catch {
    // The end that the test asked for.
  }
}

function attachedTo(network: string, address: string): Partial<ContainerCreateBody> {
  return {
    HostConfig: { NetworkMode: network },
    NetworkingConfig: {
      EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } },
    },
  };
}

async function makeNetwork({ engine, run }: ContractWorld, octet: number): Promise<string> {
  const name = uniqueName();
  await run(engine.createNetwork(networkBody(name, octet), signal));
  return name;
}

function networkBody(name: string, octet: number): NetworkCreateBody {
  return {
    Name: name,
    Driver: 'bridge',
    CheckDuplicate: true,
    IPAM: {
      Driver: 'default',
      Config: [{ Subnet: `10.${octet}.0.0/24`, Gateway: `10.${octet}.0.1` }],
    },
    Options: {},
    Labels: { 'contract.network': name },
  };
}
