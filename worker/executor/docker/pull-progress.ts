import type { PullProgress } from '../../../common/ports/engine-api.ts';
import { limits } from '../../../common/pure/limits.ts';

interface Layer {
  readonly current: number;
  readonly total: number;
}

/**
 * Makes of the many lines of one pull the few that people need.
 *
 * Each line that is told becomes a write for each task that waits, so the pauses between them double, from `limits.pullProgressMs` to
 * `limits.pullProgressMsMax`: a pull that takes `s` seconds tells no more than `6 + s / 30` times.
 */
export class PullProgressText {
  readonly #image: string;
  readonly #layers = new Map<string, Layer>();
  #pauseMs: number = limits.pullProgressMs;
  #nextMs: number;
  #text: string;

  constructor(image: string, nowMs: number) {
    this.#image = image;
    this.#nextMs = nowMs + this.#pauseMs;
    this.#text = `pulling image ${image}`;
  }

  /** What was told last: whoever joins later begins with it. */
  get text(): string {
    return this.#text;
  }

  /** Takes a line. @returns true when it is time to tell `text`, which is new */
  take(line: PullProgress, nowMs: number): boolean {
    this.#note(line);
    if (nowMs < this.#nextMs) return false;
    const text = `pulling image ${this.#image}: ${this.#amount() ?? line.status}`;
    if (text === this.#text) return false;
    this.#text = text;
    this.#pauseMs = Math.min(this.#pauseMs * 2, limits.pullProgressMsMax);
    this.#nextMs = nowMs + this.#pauseMs;
    return true;
  }

  /** Layers are as many as an image has, about a hundred at most; more than the limit are not counted. */
  #note({ id, status, current, total }: PullProgress): void {
    const known = this.#layers.get(id);
    if (status === 'Downloading' && total > 0) {
      if (known !== undefined || this.#layers.size < limits.pullProgressLayers)
        this.#layers.set(id, { current, total });
    } else if (known !== undefined && /^(?:Download|Pull) complete$/.test(status)) {
      this.#layers.set(id, { current: known.total, total: known.total });
    }
  }

  /** Bytes of the layers that have begun: the engine names the size of a layer only then. */
  #amount(): string | undefined {
    if (this.#layers.size === 0) return undefined;
    let current = 0;
    let total = 0;
    for (const layer of this.#layers.values()) {
      current += layer.current;
      total += layer.total;
    }
    if (current >= total) return `${megabytes(total)} MB downloaded, unpacking`;
    return `${megabytes(current)} MB of ${megabytes(total)} MB downloaded`;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
