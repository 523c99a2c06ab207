// Shows that the generated codecs speak protobuf: another implementation (protobufjs, by reflection over the same .proto files)
// reads what they write and writes what they read, for every message.
import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { readContractSources } from '../../../../proto/generate/contract-files.ts';
import type { SchemaField, SchemaMember } from '../../../../proto/generate/schema.ts';
import {
  type AnyMessage,
  codecOf,
  contractFolder,
  messageArbitrary,
  messageNames,
  messageSchema,
} from '../../../lib/contract.ts';

const root = new protobuf.Root();
for (const [file, source] of readContractSources(contractFolder)) {
  if (file !== 'options') protobuf.parse(source, root);
}

/** `value` in the plain form of protobufjs: members of a oneof as fields, maps as objects; defaults are left out. */
function toPlain(name: string, value: AnyMessage): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const member of messageSchema(name).members) {
    if (member.kind === 'oneof') putOneof(plain, member, value[member.name]);
    else putField(plain, member.field, value[member.field.name]);
  }
  return plain;
}

function putOneof(
  plain: Record<string, unknown>,
  member: SchemaMember & { readonly kind: 'oneof' },
  value: unknown,
): void {
  const chosen = value as { readonly kind: string; readonly value: unknown } | undefined;
  const field = member.fields.find((candidate) => candidate.name === chosen?.kind);
  if (field !== undefined) plain[field.name] = plainValue(field, chosen?.value);
}

function putField(plain: Record<string, unknown>, field: SchemaField, value: unknown): void {
  if (value === undefined) return;
  if (field.shape === 'stringMap') {
    const map = value as ReadonlyMap<string, string>;
    if (map.size > 0) plain[field.name] = Object.fromEntries(map);
  } else if (field.shape === 'repeated') {
    const items = value as readonly unknown[];
    if (items.length > 0) plain[field.name] = items.map((item) => plainValue(field, item));
  } else if (field.shape === 'optional' || !isDefault(value)) {
    plain[field.name] = plainValue(field, value);
  }
}

function isDefault(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  return value === '' || value === false || Object.is(value, 0);
}

function plainValue(field: SchemaField, value: unknown): unknown {
  if (field.type.kind === 'message') return toPlain(field.type.name, value as AnyMessage);
  return value instanceof Uint8Array ? [...value] : value;
}

describe.each(messageNames)('%s', (name) => {
  const type = root.lookupType(`shoal.${name}`);
  const { encode, decode } = codecOf(name);

  test('is read by protobufjs as it was written here', () => {
    fc.assert(
      fc.property(messageArbitrary(name), (value) => {
        const read = type.toObject(type.decode(encode(value)), { longs: Number, bytes: Array });
        expect(read).toEqual(toPlain(name, value));
      }),
      { numRuns: 15 },
    );
  });

  test('is read here as protobufjs wrote it', () => {
    fc.assert(
      fc.property(messageArbitrary(name), (value) => {
        const written = type.encode(type.fromObject(toPlain(name, value))).finish();
        const read = decode(Uint8Array.from(written));
        expect(toPlain(name, read)).toEqual(toPlain(name, value));
        expect(encode(read)).toHaveLength(written.length);
      }),
      { numRuns: 15 },
    );
  });
});
