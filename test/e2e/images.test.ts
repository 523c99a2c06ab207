/**
 * Runs services whose images stand in real registries, open and closed, with the stock clients: by digest as swarm mode does, with logins, while
 * registries are away, and in all the ways in which an image cannot be had.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { limits } from '../../common/pure/limits.ts';
import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { Registry, registryLogin } from '../integration/lib/registry.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { findDockerClients, outputOf, runCommand, type CommandResult } from './lib/clients.ts';
import type { DockerClient } from './lib/clients.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';

const open = '127.0.0.1:5000';
const closed = '127.0.0.1:5001';
const untrusted = '192.168.199.1:5002';
const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const manifestListType = 'application/vnd.docker.distribution.manifest.list.v2+json';
const digestForm = /sha256:[0-9a-f]{64}/;
const unpinned = 'could not be accessed on a registry to record';

let engine: Dockerd;
let node: ShoalNode;
let registry: Registry;
let closedRegistry: Registry;
let untrustedRegistry: Registry;
let configs: string;
/** Of `web:2` in the open registry. */
let digest: string;

/** `docker` of the engine itself. */
async function onEngine(...args: readonly string[]): Promise<string> {
  return outputOf(
    await runCommand(['docker', '-H', `unix://${engine.socketPath}`, ...args], {
      DOCKER_CONFIG: configs,
    }),
  );
}

/** Pushes an image with a label and a layer of its own, and forgets it. @returns its digest */
async function push(reference: string, label: string): Promise<string> {
  const container = await onEngine('create', testImage);
  const path = join(configs, 'data');
  await writeFile(path, randomBytes(100_000));
  await onEngine('cp', path, `${container}:/data`);
  await onEngine('commit', '-c', `LABEL which=${label}`, container, reference);
  await onEngine('rm', container);
  const digest = digestForm.exec(await onEngine('push', reference))?.[0] ?? '';
  await onEngine('rmi', reference);
  return digest;
}

async function logIn(): Promise<void> {
  const auth = Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString(
    'base64',
  );
  await writeFile(join(configs, 'config.json'), JSON.stringify({ auths: { [closed]: { auth } } }));
}

async function logOut(): Promise<void> {
  await rm(join(configs, 'config.json'), { force: true });
}

beforeAll(async () => {
  configs = await mkdtemp(join(tmpdir(), 'shoal-config-'));
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  registry = await Registry.start(engine, { address: open });
  closedRegistry = await Registry.start(engine, { address: closed, isClosed: true });
  untrustedRegistry = await Registry.start(engine, { address: untrusted, isTls: true });
  digest = await push(`${open}/web:2`, 'two');
  await logIn();
  await push(`${closed}/own:1`, 'own');
  await logOut();
  node = await ShoalNode.start(engine);
  expect(await node.shoal('init')).toMatchObject({ code: 0 });
}, 120_000);

afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  for (const each of [registry, closedRegistry, untrustedRegistry])
    await each?.[Symbol.asyncDispose]();
  await engine?.stop();
  await rm(configs, { recursive: true, force: true });
});

/** `docker` of a client against the daemon, with the logins that stand in `configs`. */
function dockerOf(client: DockerClient): (...args: readonly string[]) => Promise<CommandResult> {
  return async (...args) =>
    await runCommand([client.program, ...args], {
      DOCKER_HOST: `unix://${node.socketPath}`,
      DOCKER_CONFIG: configs,
    });
}

/** What the newest task of `web` says, when `isWanted` finds it right. */
async function taskWhere(
  isWanted: (task: {
    readonly state: string;
    readonly error: string;
    readonly message: string;
  }) => boolean,
): Promise<{ readonly state: string; readonly error: string; readonly message: string }> {
  let last = '';
  return await eventually(
    `a task that is as wanted`,
    async () => {
      const format = '{{.Status.State}}\t{{.Status.Err}}\t{{.Status.Message}}';
      const ids = await runCommand(
        ['docker', '-H', `unix://${node.socketPath}`, 'service', 'ps', '-q', '--no-trunc', 'web'],
        {},
      );
      const tasks = ids.stdout.split('\n').filter(Boolean);
      if (tasks.length === 0) return undefined;
      const inspected = await runCommand(
        ['docker', '-H', `unix://${node.socketPath}`, 'inspect', '--format', format, ...tasks],
        {},
      );
      last = inspected.stdout;
      return inspected.stdout
        .split('\n')
        .map((line) => line.split('\t'))
        .map(([state = '', error = '', message = '']) => ({ state, error, message }))
        .find(isWanted);
    },
    60_000,
  ).catch((error: unknown) => {
    throw new Error(last, { cause: error });
  });
}

/** Waits until containers of images with just these labels run. */
async function whichRun(...labels: readonly string[]): Promise<void> {
  const format = '{{.State.Running}} {{index .Config.Labels "which"}}';
  await eventually(`${labels.join(' and ')} run`, async () => {
    const ids = Object.keys(await node.containers());
    const seen = ids.length === 0 ? '' : await onEngine('inspect', '-f', format, ...ids);
    const running = seen.split('\n').filter((line) => line.startsWith('true'));
    return running.join(' ') === labels.map((label) => `true ${label}`).join(' ')
      ? true
      : undefined;
  });
}

async function removeWeb(): Promise<void> {
  await node.shoal('service', 'rm', 'web');
  await eventually('its containers are gone', async () =>
    Object.keys(await node.containers()).length === 0 ? true : undefined,
  );
}

async function forgetImages(): Promise<void> {
  const ids = await onEngine('images', '-q', '--no-trunc', '--filter', 'label=which');
  const unique = [...new Set(ids.split('\n').filter(Boolean))];
  if (unique.length > 0) await onEngine('rmi', '-f', ...unique);
}

describe.each(findDockerClients())('docker $version', (client) => {
  const docker = dockerOf(client);

  test('a service runs the image that its tag meant when it was made, until it is updated', async () => {
    const reference = `${open}/web:of-${client.version}`;
    const digest = await push(reference, 'one');
    const update = ['service', 'update', '--detach'];
    const isImage = async (image: string): Promise<void> => {
      const format = '{{.Spec.TaskTemplate.ContainerSpec.Image}}';
      expect(outputOf(await docker('service', 'inspect', 'web', '-f', format))).toBe(image);
    };
    const created = await docker('service', 'create', '--detach', '--name', 'web', reference);
    expect(created.stderr).not.toContain(unpinned);
    await isImage(`${reference}@${digest}`);
    await whichRun('one');
    for (const list of [['ls'], ['ps', 'web']])
      expect(outputOf(await docker('service', ...list, '--format', '{{.Image}}'))).toBe(reference);

    const moved = await push(reference, 'moved');
    outputOf(await docker(...update, '--replicas', '2', 'web'));
    await whichRun('one', 'one');
    outputOf(await docker(...update, '--image', reference, 'web'));
    await isImage(`${reference}@${moved}`);
    await whichRun('moved', 'moved');
    outputOf(await docker(...update, '--no-resolve-image', '--image', `${open}/web:2`, 'web'));
    await isImage(`${open}/web:2`);
    await whichRun('two', 'two');
    outputOf(await docker('service', 'rollback', '--detach', 'web'));
    await isImage(`${reference}@${moved}`);
    await whichRun('moved', 'moved');
    await removeWeb();
    await forgetImages();
  }, 60_000);

  test('the login of the client pulls the image, is kept with the service, and never shown', async () => {
    const create = [
      'service',
      'create',
      '--detach',
      '--name',
      'web',
      '--with-registry-auth',
      `${closed}/own:1`,
    ];
    await logOut();
    expect((await docker(...create)).stderr).toContain(unpinned);
    const refused = await taskWhere(({ state }) => state === 'rejected');
    expect(refused.error).toMatch(
      /^No such image: 127\.0\.0\.1:5001\/own:1: the registry asks for another login: .*no basic auth/,
    );
    await removeWeb();

    await logIn();
    const created = await docker(...create);
    await logOut();
    expect(created.stderr).not.toContain(unpinned);
    await taskWhere(({ state }) => state === 'running');
    const secret = Buffer.from(registryLogin.password).toString('base64').slice(0, 8);
    const shown = await Promise.all([
      docker('service', 'inspect', 'web'),
      docker('inspect', ...outputOf(await docker('service', 'ps', '-q', 'web')).split('\n')),
    ]);
    for (const { stdout } of shown) expect(stdout).not.toMatch(/auth/i);

    await forgetImages().catch(() => undefined);
    await onEngine('rm', '-f', ...Object.keys(await node.containers()));
    await forgetImages();
    outputOf(await docker('service', 'update', '--detach', '--force', 'web'));
    await eventually(
      'a task runs that was pulled with the login of the service',
      async () => {
        const images = await onEngine('images', '-q', '--filter', 'label=which=own');
        return images === '' ? undefined : true;
      },
      60_000,
    );
    await taskWhere(({ state }) => state === 'running');
    const log = await readFile(node.logPath, 'utf8');
    expect(log).not.toContain(secret);
    expect(log).not.toContain(registryLogin.password);
    await removeWeb();
    await forgetImages();
  }, 120_000);

  test('an image that the engine has runs while its registry is away', async () => {
    await onEngine('pull', `${open}/web:2`);
    await registry.stop();
    try {
      const create = ['service', 'create', '--detach', '--name', 'web', `${open}/web:2`];
      expect((await docker(...create)).stderr).toContain(unpinned);
      await whichRun('two');
    } finally {
      await registry.start();
    }
    await removeWeb();
    await forgetImages();
  }, 60_000);
});

describe('an image that cannot be had', () => {
  const [client] = findDockerClients();
  if (client === undefined) throw new Error('there is no client');
  const docker = dockerOf(client);

  async function errorOf(image: string, ...more: readonly string[]): Promise<string> {
    const flags = [
      '--detach',
      '--no-resolve-image',
      '--restart-condition',
      'none',
      '--name',
      'web',
    ];
    outputOf(await docker('service', 'create', ...flags, ...more, image));
    const { error } = await taskWhere(({ state }) => state === 'rejected' || state === 'failed');
    await removeWeb();
    return error;
  }

  /** Manifest and config of an image of the open registry. */
  async function manifestOf(
    tag: string,
  ): Promise<{ readonly text: string; readonly config: string; readonly layer: string }> {
    const text = await registry.curl(`/v2/web/manifests/${tag}`, '-H', `Accept: ${manifestType}`);
    const found = [...text.matchAll(/"digest": "(sha256:[0-9a-f]+)"/g)].map(
      ([, digest = '']) => digest,
    );
    return { text, config: found[0] ?? '', layer: found.at(-1) ?? '' };
  }

  async function putManifest(tag: string, type: string, text: string): Promise<void> {
    await registry.curl(
      `/v2/web/manifests/${tag}`,
      '-X',
      'PUT',
      '-H',
      `Content-Type: ${type}`,
      '--data-binary',
      text,
    );
  }

  test.each([
    [
      `${open}/web:nope`,
      'the registry has no such image: manifest for 127.0.0.1:5000/web:nope not found',
    ],
    [
      `${open}/none:1`,
      'the registry has no such image: manifest for 127.0.0.1:5000/none:1 not found',
    ],
    [`${open}/web@sha256:${'1'.repeat(64)}`, 'the registry has no such image: manifest for'],
    [`${closed}/own:1`, 'the registry asks for another login: '],
    ['127.0.0.1:1/web:1', 'the registry refuses connections: '],
    [`${untrusted}/web:1`, 'no trusted connection to the registry: '],
  ])('%s: %s', async (image, words) => {
    expect(await errorOf(image)).toContain(`No such image: ${image}: ${words}`);
  });

  test('is for another platform, as its list says', async () => {
    const { text } = await manifestOf('2');
    const entry = {
      mediaType: manifestType,
      size: text.length,
      digest,
      platform: { architecture: 'arm64', os: 'linux' },
    };
    await putManifest(
      'arm',
      manifestListType,
      JSON.stringify({ schemaVersion: 2, mediaType: manifestListType, manifests: [entry] }),
    );
    expect(await errorOf(`${open}/web:arm`)).toBe(
      `No such image: ${open}/web:arm: the image is not made for the platform of this node: no matching manifest for linux/amd64 in the manifest list entries`,
    );
    const pinned = await docker(
      'service',
      'create',
      '--detach',
      '--name',
      'web',
      `${open}/web:arm`,
    );
    expect(pinned.stderr).not.toContain(unpinned);
    const pending = await taskWhere(({ error }) => error !== '');
    expect(pending).toMatchObject({
      state: 'pending',
      error: 'no suitable node (unsupported platform on 1 node)',
    });
    await removeWeb();
  });

  test('is for another machine, as one learns when its program fails', async () => {
    const { text, config } = await manifestOf('2');
    const foreign = (await registry.curl(`/v2/web/blobs/${config}`)).replace('"amd64"', '"arm64"');
    const hex = createHash('sha256').update(foreign).digest('hex');
    const started = await registry.curl('/v2/web/blobs/uploads/', '-X', 'POST', '-i');
    const upload = /^location: https?:\/\/[^/]+(\S+)/im.exec(started)?.[1] ?? '';
    const path = `${upload}&digest=sha256:${hex}`;
    const type = 'Content-Type: application/octet-stream';
    await registry.curl(path, '-X', 'PUT', '-H', type, '--data-binary', foreign);
    await putManifest('foreign', manifestType, text.replace(config, `sha256:${hex}`));
    const flags = ['-e', 'EXIT_AFTER_MS=1', '-e', 'EXIT_CODE=1'];
    expect(await errorOf(`${open}/web:foreign`, ...flags)).toBe(
      'task: non-zero exit (1): the image is made for arm64, this node is amd64',
    );
    await forgetImages();
  });

  test('finds no room on the disk, and runs when there is', async () => {
    const temporary = engine.socketPath.replace(/docker\.sock$/, 'data/tmp');
    await engine.exec('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', temporary]);
    try {
      const flags = ['--detach', '--restart-delay', '500ms', '--name', 'web', `${open}/web:2`];
      outputOf(await docker('service', 'create', ...flags));
      const { error } = await taskWhere(({ state }) => state === 'rejected');
      expect(error).toMatch(/: the disk of this node is full: write .*: no space left on device$/);
    } finally {
      await engine.exec('umount', ['-l', temporary]);
    }
    await taskWhere(({ state }) => state === 'running');
    await removeWeb();
    await forgetImages();
  });

  test('does not match its digest', async () => {
    const { layer } = await manifestOf('2');
    await forgetImages();
    await registry.spoil(layer);
    try {
      expect(await errorOf(`${open}/web:2`)).toContain(
        ': what the registry sent does not match its digest: filesystem layer verification failed for digest sha256:',
      );
    } finally {
      await registry.spoil(layer);
    }
  });
});

describe('a registry that is silent', () => {
  test('keeps no client waiting for long, and is asked little', async () => {
    const [client] = findDockerClients();
    if (client === undefined) throw new Error('there is no client');
    const docker = dockerOf(client);
    const before = (await registry.log()).length;
    registry.pause();
    const startMs = performance.now();
    const names = Array.from({ length: 10 }, (_, index) => `silent-${String(index)}`);
    const created = await Promise.all(
      names.map((name) =>
        docker(
          'service',
          'create',
          '--detach',
          '--replicas',
          '0',
          '--name',
          name,
          `${open}/${name}:1`,
        ),
      ),
    );
    const tookMs = performance.now() - startMs;
    registry.resume();
    for (const { code, stderr } of created) {
      expect(code).toBe(0);
      expect(stderr).toContain(unpinned);
    }
    expect(tookMs).toBeLessThan(15_000);
    outputOf(await docker('service', 'rm', ...names));
    await eventually('the registry goes on', async () =>
      (await registry.log()).length > before ? true : undefined,
    );
    const asked = (await registry.log()).slice(before);
    expect(names.filter((name) => asked.includes(`/v2/${name}/`)).length).toBeLessThanOrEqual(
      limits.registryLookupsAtOnce,
    );
  }, 60_000);
});

test('a task that is taken off the network of the swarm fails with the reason and is replaced', async () => {
  const flags = ['--detach', '--restart-delay', '500ms', '--name', 'web', '-p', '8080:80'];
  outputOf(await node.shoal('service', 'create', ...flags, testImage));
  await taskWhere(({ state }) => state === 'running');
  const [id = ''] = Object.keys(await node.containers());
  await onEngine('network', 'disconnect', '-f', 'shoal_ingress', id);
  const failed = await taskWhere(({ state }) => state === 'failed');
  expect(failed.error).toMatch(
    /^the container was disconnected from the network of its address 10\.0\.0\.\d+$/,
  );
  await taskWhere(({ state }) => state === 'running');
  await removeWeb();
});
