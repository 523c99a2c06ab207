import { isShoalError } from '../../../common/pure/errors.ts';
import type { ClusterApi, RequestContext } from '../../../common/ports/cluster-api.ts';
import { spec } from '../control-rig.ts';
import { HistoryRecorder } from './history.ts';
import type { PendingOperation } from './history.ts';
import type { Model } from './search.ts';

/** What a client asks about the service of one name. Every `value` is another: specs carry it as a label. */
export type ServiceInput =
  | { readonly kind: 'create'; readonly name: string; readonly value: string }
  | { readonly kind: 'inspect'; readonly name: string }
  | {
      readonly kind: 'update';
      readonly name: string;
      readonly version: number;
      readonly value: string;
    }
  | { readonly kind: 'remove'; readonly name: string };

export type ServiceOutput =
  | { readonly kind: 'created'; readonly id: string }
  | { readonly kind: 'nameTaken'; readonly id: string }
  | SeenService
  | { readonly kind: 'absent' }
  | { readonly kind: 'updated' }
  | { readonly kind: 'outOfSequence' }
  | { readonly kind: 'removed' };

export interface SeenService {
  readonly kind: 'seen';
  readonly id: string;
  readonly version: number;
  readonly value: string;
}

/** A service as far as clients can know it. */
export type ServiceState =
  | { readonly isThere: false; readonly versionAbove: number }
  | {
      readonly isThere: true;
      readonly value: string;
      /** Undefined until somebody was told. */
      readonly id: string | undefined;
      readonly version: number | undefined;
      /** Whatever has the name from now on has a newer version than this: versions are revisions of the whole store. */
      readonly versionAbove: number;
    };

/** The service of one name, whatever services have it one after the other. */
export const serviceModel: Model<ServiceState, ServiceInput, ServiceOutput> = {
  initial: { isThere: false, versionAbove: 0 },
  step: (state, input, output) => {
    if (!state.isThere) return stepAbsent(state, input, output);
    if (output.kind === 'nameTaken' && input.kind === 'create') return withId(state, output.id);
    if (output.kind === 'seen' && input.kind === 'inspect') return seen(state, output);
    if (input.kind === 'remove' && output.kind === 'removed') return removed(state);
    if (input.kind !== 'update') return undefined;
    const mayBe = state.version ?? Math.max(input.version, state.versionAbove + 1);
    if (output.kind === 'updated') {
      return input.version === mayBe ? updated(state, input) : undefined;
    }
    return output.kind === 'outOfSequence' && input.version !== state.version ? state : undefined;
  },
  effect: (state, input) => {
    if (!state.isThere)
      return input.kind === 'create' ? created(state, input.value, undefined) : state;
    if (input.kind === 'remove') return removed(state);
    if (input.kind !== 'update') return state;
    const isCurrent =
      state.version === undefined
        ? input.version > state.versionAbove
        : input.version === state.version;
    return isCurrent ? updated(state, input) : state;
  },
  key: (state) =>
    state.isThere
      ? `${state.value} ${state.id ?? ''} ${state.version ?? ''} ${state.versionAbove}`
      : `${state.versionAbove}`,
};

type There = Extract<ServiceState, { isThere: true }>;

function stepAbsent(
  state: ServiceState,
  input: ServiceInput,
  output: ServiceOutput,
): ServiceState | undefined {
  if (input.kind === 'create') {
    return output.kind === 'created' ? created(state, input.value, output.id) : undefined;
  }
  return output.kind === 'absent' ? state : undefined;
}

function created(
  { versionAbove }: ServiceState,
  value: string,
  id: string | undefined,
): ServiceState {
  return { isThere: true, value, id, version: undefined, versionAbove };
}

function removed({ version, versionAbove }: There): ServiceState {
  return { isThere: false, versionAbove: version ?? versionAbove };
}

function updated(
  state: There,
  { value, version }: { readonly value: string; readonly version: number },
): ServiceState {
  return { ...state, value, version: undefined, versionAbove: version };
}

function withId(state: There, id: string): ServiceState | undefined {
  return state.id === undefined || state.id === id ? { ...state, id } : undefined;
}

function seen(state: There, { id, version, value }: SeenService): ServiceState | undefined {
  const isVersion =
    state.version === undefined ? version > state.versionAbove : version === state.version;
  if (!isVersion || value !== state.value) return undefined;
  return withId({ ...state, version }, id);
}

/** What clients ask of a manager. */
export type ServiceDoor = Pick<
  ClusterApi,
  'createService' | 'getService' | 'listServices' | 'updateService' | 'removeService'
>;

const label = 'value';

const context: RequestContext = {
  actor: { kind: 'user', name: 'client' },
  traceId: 'trace',
  signal: new AbortController().signal,
};

/**
 * Clients of the control API that note what they ask and hear. Nothing here rejects: an error that says that nothing was changed takes the operation
 * out of the history, one that leaves it open leaves it open.
 *
 * `checkHistory({ model: serviceModel, objectOf: ({ name }) => name }, clients.recorder.operations)` is the verdict.
 */
export class ServiceClients {
  readonly recorder = new HistoryRecorder<ServiceInput, ServiceOutput>();
  /** What was an answer to nothing that was asked. */
  readonly unexpected: unknown[] = [];
  readonly #names: readonly string[];
  #values = 0;

  /** @param names of all services that are ever asked for: what lists say of them is noted. */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  async create(client: string, door: ServiceDoor, name: string): Promise<void> {
    const value = this.#newValue();
    await this.#note(client, { kind: 'create', name, value }, async () => {
      const { id } = await door.createService(context, specOf(name, value));
      return { kind: 'created', id };
    });
  }

  /** Gives what was seen. */
  async inspect(client: string, door: ServiceDoor, name: string): Promise<SeenService | undefined> {
    let found: SeenService | undefined;
    await this.#note(client, { kind: 'inspect', name }, async () => {
      const { meta, spec: current } = await door.getService(context, name);
      const value = current.labels.get(label) ?? '';
      found = { kind: 'seen', id: meta.id, version: meta.version, value };
      return found;
    });
    return found;
  }

  async update(
    client: string,
    door: ServiceDoor,
    { name, version }: { readonly name: string; readonly version: number },
  ): Promise<void> {
    const value = this.#newValue();
    await this.#note(client, { kind: 'update', name, version, value }, async () => {
      await door.updateService(context, name, version, specOf(name, value));
      return { kind: 'updated' };
    });
  }

  async remove(client: string, door: ServiceDoor, name: string): Promise<void> {
    await this.#note(client, { kind: 'remove', name }, async () => {
      await door.removeService(context, name);
      return { kind: 'removed' };
    });
  }

  /** One list is an inspection of every name. */
  async list(client: string, door: ServiceDoor): Promise<void> {
    const pending = this.#names.map((name) => ({
      name,
      operation: this.recorder.invoke(client, { kind: 'inspect', name }),
    }));
    try {
      const rows = [...(await door.listServices(context, new Map(), false))];
      for (const { name, operation } of pending) {
        const row = rows.find((candidate) => candidate.spec.name === name);
        if (row === undefined) operation.returns({ kind: 'absent' });
        else {
          const { id, version } = row.meta;
          const value = row.spec.labels.get(label) ?? '';
          operation.returns({ kind: 'seen', id, version, value });
        }
      }
    } catch (error) {
      for (const { operation } of pending) this.#fail(operation, error);
    }
  }

  async #note(
    client: string,
    input: ServiceInput,
    ask: () => Promise<ServiceOutput>,
  ): Promise<void> {
    const operation = this.recorder.invoke(client, input);
    try {
      operation.returns(await ask());
    } catch (error) {
      this.#fail(operation, error);
    }
  }

  #fail(operation: PendingOperation<ServiceOutput>, error: unknown): void {
    if (isShoalError(error, 'notFound')) operation.returns({ kind: 'absent' });
    else if (isShoalError(error, 'outOfSequence')) operation.returns({ kind: 'outOfSequence' });
    else if (isShoalError(error, 'nameConflict')) {
      operation.returns({ kind: 'nameTaken', id: String(error.fields['id']) });
    } else if (isShoalError(error) && withoutEffect.has(error.code)) operation.hadNoEffect();
    else if (!isShoalError(error) || !leavesOpen.has(error.code)) this.unexpected.push(error);
  }

  #newValue(): string {
    this.#values += 1;
    return `v${this.#values}`;
  }
}

const withoutEffect: ReadonlySet<string> = new Set(['lostQuorum', 'tooBusy', 'conflict']);
const leavesOpen: ReadonlySet<string> = new Set(['unknownOutcome', 'timeout', 'unavailable']);

function specOf(name: string, value: string) {
  return spec(name, { labels: new Map([[label, value]]) }, 0);
}
