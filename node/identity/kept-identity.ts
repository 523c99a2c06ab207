import type { Identity, IdentityFile } from './identity.ts';

/** The identity that the node holds now, and its file. Changes are made one after the other. */
export class KeptIdentity {
  readonly #file: IdentityFile;
  #current: Identity;
  #isDurable: boolean;
  #saving: Promise<void> = Promise.resolve();

  /** @param isDurable false while the file does not hold it: until `save`, changes are kept in memory only. */
  constructor(file: IdentityFile, identity: Identity, isDurable: boolean) {
    this.#file = file;
    this.#current = identity;
    this.#isDurable = isDurable;
  }

  get current(): Identity {
    return this.#current;
  }

  /** Writes the file for the first time. Durable once it resolves. */
  async save(): Promise<void> {
    this.#isDurable = true;
    await this.#write();
  }

  /**
   * Takes `changes` over at once, and into the file.
   * @throws what the disk throws: then they count until the process ends
   */
  async change(changes: Partial<Identity>): Promise<void> {
    this.#current = { ...this.#current, ...changes };
    if (this.#isDurable) await this.#write();
  }

  async #write(): Promise<void> {
    const before = this.#saving;
    const saved = before.then(() => this.#file.save(this.#current));
    this.#saving = saved.catch(() => undefined);
    await saved;
  }
}
