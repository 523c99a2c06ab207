import type { EngineApi } from '../../../common/ports/engine-api.ts';
import { isShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';

/** What kernels call the architectures that images name otherwise. */
const imageNames: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
  ['armv7l', 'arm'],
  ['armv6l', 'arm'],
  ['i386', '386'],
  ['i686', '386'],
]);

/**
 * Which images are made for another machine than this one. An engine starts them all the same, for an emulator may be there, and what comes
 * of it without one is only an exit code.
 */
export class ImagePlatforms {
  readonly #engine: EngineApi;
  /** Architecture by image id. */
  readonly #architectures = new Map<string, string>();

  constructor(engine: EngineApi) {
    this.#engine = engine;
  }

  /** Words about an image that is not made for `architecture` (the kernel's name); empty when it is, or when nothing is known. */
  async mismatch(imageId: string, architecture: string, signal: AbortSignal): Promise<string> {
    const ofNode = imageNames.get(architecture) ?? architecture;
    const ofImage = await this.#architectureOf(imageId, signal);
    if (ofImage === '' || ofNode === '' || ofImage === ofNode) return '';
    return `the image is made for ${ofImage}, this node is ${ofNode}`;
  }

  async #architectureOf(imageId: string, signal: AbortSignal): Promise<string> {
    const known = this.#architectures.get(imageId);
    if (known !== undefined) return known;
    try {
      const { Architecture: architecture } = await this.#engine.inspectImage(imageId, signal);
      if (this.#architectures.size >= limits.engineImagesSeen) this.#architectures.clear();
      this.#architectures.set(imageId, architecture);
      return architecture;
    } catch (error) {
      if (!isShoalError(error, 'notFound')) throw error;
      return '';
    }
  }
}
