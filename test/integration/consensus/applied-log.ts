import type { ConsensusPort, FromConsensus } from '../../../manager/consensus/port.ts';

/** What the entry of proposal `count` of run `run` holds: its name, then as many bytes as the name tells. */
export function payload(run: number, count: number): Uint8Array {
  const filler = 'x'.repeat((count * 7919) % 1500);
  return new TextEncoder().encode(`${run}.${count}|${filler}`);
}

/** The name in an entry. @throws when the bytes are not exactly those of that name. */
function nameIn(data: Uint8Array): string {
  const text = new TextDecoder().decode(data);
  if (text.startsWith('A')) return `${text.length} A`;
  const name = text.slice(0, text.indexOf('|'));
  const [run, count] = name.split('.').map(Number);
  if (Buffer.compare(payload(run ?? -1, count ?? -1), data) !== 0) {
    throw new Error(`entry was changed: ${text.slice(0, 40)}`);
  }
  return name;
}

/**
 * The state machine of these tests: the name of every entry by index, `-` for those of consensus itself. Gives credit,
 * cuts snapshots and starts from them, as main does.
 */
export class AppliedLog {
  readonly names: Map<number, string> = new Map();
  readonly #port: ConsensusPort;
  #snapshot = '';
  #index = 0;
  #term = 0;

  constructor(port: ConsensusPort) {
    this.#port = port;
    port.post({ kind: 'credit', entries: 1000, bytes: 4_000_000 });
  }

  take(message: FromConsensus): void {
    if (message.kind === 'snapshotChunk')
      this.#takeChunk(message.data, message.last, message.index);
    if (message.kind === 'committed') this.#apply(message.entries);
    if (message.kind === 'snapshotWanted') this.#sendSnapshot();
  }

  #apply(entries: readonly { index: number; term: number; data: Uint8Array }[]): void {
    let bytes = 0;
    for (const { index, term, data } of entries) {
      if (index !== this.#index + 1) throw new Error(`entry ${index} follows ${this.#index}`);
      this.names.set(index, data.length === 0 ? '-' : nameIn(data));
      this.#index = index;
      this.#term = term;
      bytes += data.length;
    }
    this.#port.post({ kind: 'applied', index: this.#index });
    this.#port.post({ kind: 'credit', entries: entries.length, bytes });
  }

  #takeChunk(data: Uint8Array, last: boolean, index: number): void {
    this.#snapshot += new TextDecoder().decode(data);
    if (!last) return;
    for (const line of this.#snapshot.split('\n').filter((text) => text !== '')) {
      const [at, name] = line.split(' ');
      this.names.set(Number(at), name ?? '');
    }
    this.#index = index;
  }

  #sendSnapshot(): void {
    const lines = [...this.names].map(([index, name]) => `${index} ${name}\n`);
    const at = { kind: 'snapshotChunk', index: this.#index, term: this.#term } as const;
    const encode = (part: string[]): Uint8Array => new TextEncoder().encode(part.join(''));
    const half = lines.length >> 1;
    this.#port.post({ ...at, data: encode(lines.slice(0, half)), last: false });
    this.#port.post({ ...at, data: encode(lines.slice(half)), last: true });
  }
}
