import { usageError } from '../context.ts';
import { parseFields } from './csv.ts';

/** A mount of the API's container spec. */
export interface MountSpec {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
}

const types: readonly string[] = ['bind', 'volume', 'tmpfs'];

const fieldNames: Readonly<Record<string, string>> = {
  type: 'type',
  source: 'source',
  src: 'source',
  target: 'target',
  destination: 'target',
  dst: 'target',
  readonly: 'readonly',
  ro: 'readonly',
};

/** Reads one `--mount`, such as `type=volume,source=data,target=/data,readonly`. The type is `volume` unless given. */
export function parseMount(text: string): MountSpec {
  const fields = new Map<string, string | undefined>();
  for (const [key, value] of parseFields('--mount', text)) {
    const name = Object.hasOwn(fieldNames, key) ? fieldNames[key] : undefined;
    if (name === undefined) {
      throw refusal(
        text,
        `has an unknown field "${key}"; known are type, source, target, readonly`,
      );
    }
    if (fields.has(name)) throw refusal(text, `gives the ${name} twice`);
    if (value === undefined && name !== 'readonly') throw refusal(text, `gives no value to ${key}`);
    fields.set(name, value);
  }
  return buildMount(text, fields);
}

function buildMount(text: string, fields: ReadonlyMap<string, string | undefined>): MountSpec {
  const type = fields.get('type') ?? 'volume';
  const source = fields.get('source') ?? '';
  const target = fields.get('target') ?? '';
  if (!types.includes(type)) {
    throw refusal(text, `has an unknown type "${type}"; give one of ${types.join(', ')}`);
  }
  if (!target.startsWith('/')) throw refusal(text, 'has no absolute target; add target=/PATH');
  if (type === 'bind' && !source.startsWith('/')) {
    throw refusal(text, 'has no absolute source; a bind needs source=/PATH');
  }
  if (type === 'tmpfs' && source !== '') throw refusal(text, 'has a source; a tmpfs takes none');
  return {
    Type: type,
    ...(source === '' ? {} : { Source: source }),
    Target: target,
    ...(readReadOnly(text, fields) ? { ReadOnly: true } : {}),
  };
}

function readReadOnly(text: string, fields: ReadonlyMap<string, string | undefined>): boolean {
  if (!fields.has('readonly')) return false;
  const value = fields.get('readonly')?.toLowerCase() ?? 'true';
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw refusal(text, `has readonly=${value}; give true or false`);
}

function refusal(text: string, why: string): Error {
  return usageError(`--mount "${text}" ${why}`);
}
