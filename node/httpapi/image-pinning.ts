import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { splitImageReference } from '../../common/pure/image-reference.ts';
import type { Log } from '../../common/ports/log.ts';
import type { ServiceSpec } from '../../proto/gen/specs.ts';
import { JsonFields } from '../../proto/http/json-fields.ts';
import type { Call } from './call.ts';
import { decodeJson } from './engine-calls.ts';
import type { RegistryLookups } from './registry-lookups.ts';

/** Clients from this version on ask for the digest themselves, or were told not to. */
const clientPinsSinceMinor = 30;

export interface PinnedSpec {
  readonly spec: ServiceSpec;
  readonly warnings: readonly string[];
}

/** Records which image a service runs, by digest, for clients that leave that to the server. */
export class ImagePinning {
  readonly #registries: RegistryLookups;
  readonly #log: Log;

  constructor(registries: RegistryLookups, log: Log) {
    this.#registries = registries;
    this.#log = log;
  }

  /** `spec` with its image by digest, or as it is with a warning when the registry cannot be asked, as swarm mode does. */
  async pin(call: Call, spec: ServiceSpec): Promise<PinnedSpec> {
    const container = spec.task?.container;
    if (call.minor >= clientPinsSinceMinor || spec.task === undefined || container === undefined)
      return { spec, warnings: [] };
    if (container.image === '' || container.image.includes('@')) return { spec, warnings: [] };
    try {
      const image = await this.#pinned(call, container.image, container.registryAuth);
      return {
        spec: { ...spec, task: { ...spec.task, container: { ...container, image } } },
        warnings: [],
      };
    } catch (error) {
      call.context.signal.throwIfAborted();
      if (!isShoalError(error)) throw error;
      this.#log.at('warn', 'image cannot be looked up on its registry', { error });
      return { spec, warnings: [unpinned(container.image)] };
    }
  }

  async #pinned(call: Call, image: string, registryAuth: string): Promise<string> {
    const { name, tag } = splitImageReference(image);
    const headers = registryAuth === '' ? [] : [['x-registry-auth', registryAuth] as const];
    const request = {
      ...call.request,
      method: 'GET',
      path: `/distribution/${name}:${tag}/json`,
      query: new URLSearchParams(),
      headers: new Map(headers),
    };
    const lookup = { ...call, minor: clientPinsSinceMinor, request };
    const answer = await this.#registries.ask(lookup, image);
    const body = new JsonFields(decodeJson(answer));
    const digest = answer.status === 200 ? (body.child('Descriptor')?.text('digest') ?? '') : '';
    if (digest !== '') return `${name}:${tag}@${digest}`;
    throw new ShoalError('engineRefused', body.text('message'));
  }
}

function unpinned(image: string): string {
  return `image ${image} could not be accessed on a registry to record\nits digest. Each node will access ${image} independently,\npossibly leading to different nodes running different\nversions of the image.\n`;
}
