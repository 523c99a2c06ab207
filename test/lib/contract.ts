import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import * as changeset from '../../proto/gen/changeset.ts';
import * as dispatcher from '../../proto/gen/dispatcher.ts';
import * as logs from '../../proto/gen/logs.ts';
import * as managers from '../../proto/gen/managers.ts';
import * as node from '../../proto/gen/node.ts';
import * as objects from '../../proto/gen/objects.ts';
import * as raft from '../../proto/gen/raft.ts';
import * as specs from '../../proto/gen/specs.ts';
import { readContractSources } from '../../proto/generate/contract-files.ts';
import { parseContract } from '../../proto/generate/parse.ts';
import type {
  FieldType,
  SchemaField,
  SchemaMember,
  SchemaMessage,
} from '../../proto/generate/schema.ts';

/** The folder of the .proto files. */
export const contractFolder: string = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'proto',
);

/** A message of any type, for tests that go over all of them. */
export type AnyMessage = Readonly<Record<string, unknown>>;

/** The generated functions of one message. */
export interface Codec {
  readonly create: (fields: AnyMessage) => AnyMessage;
  readonly encode: (value: AnyMessage) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => AnyMessage;
}

const modules: Readonly<Record<string, unknown>> = {
  ...changeset,
  ...dispatcher,
  ...logs,
  ...managers,
  ...raft,
  ...node,
  ...objects,
  ...specs,
};

const files = parseContract(readContractSources(contractFolder));
const messages = new Map(
  files.flatMap((file) => file.messages).map((message) => [message.name, message]),
);
const enums = new Map(files.flatMap((file) => file.enums).map((entry) => [entry.name, entry]));

/** Names of all messages, in the order of the .proto files. */
export const messageNames: readonly string[] = [...messages.keys()];

/** What the .proto file says about message `name`. */
export function messageSchema(name: string): SchemaMessage {
  const message = messages.get(name);
  if (message === undefined) throw new Error(`no message ${name}`);
  return message;
}

/** The generated functions of message `name`. */
export function codecOf(name: string): Codec {
  return {
    create: generated(`new${name}`) as Codec['create'],
    encode: generated(`encode${name}`) as Codec['encode'],
    decode: generated(`decode${name}`) as Codec['decode'],
  };
}

function generated(name: string): unknown {
  const found = modules[name];
  if (found === undefined) throw new Error(`nothing is generated as ${name}`);
  return found;
}

const text = fc.string({ unit: 'binary', maxLength: 12 });
const safeInteger = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(0, 1, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, 1 - 2 ** 53),
);

/** Values of message `name` as its constructor makes them, whatever they hold. */
export function messageArbitrary(name: string): fc.Arbitrary<AnyMessage> {
  const schema = messageSchema(name);
  const members = schema.members.map(
    (member) => [memberName(member), memberArbitrary(member)] as const,
  );
  const { create } = codecOf(name);
  return fc.record(Object.fromEntries(members)).map((fields) => create(fields));
}

function memberName(member: SchemaMember): string {
  return member.kind === 'field' ? member.field.name : member.name;
}

function memberArbitrary(member: SchemaMember): fc.Arbitrary<unknown> {
  if (member.kind === 'field') return fieldArbitrary(member.field);
  const alternatives = member.fields.map((field) =>
    typeArbitrary(field.type).map((value) => ({ kind: field.name, value })),
  );
  return fc.option(fc.oneof(...alternatives), { nil: undefined });
}

function fieldArbitrary(field: SchemaField): fc.Arbitrary<unknown> {
  if (field.shape === 'stringMap') {
    return fc.array(fc.tuple(text, text), { maxLength: 3 }).map((entries) => new Map(entries));
  }
  const one = typeArbitrary(field.type);
  if (field.shape === 'repeated') return fc.array(one, { maxLength: 2 });
  return field.shape === 'optional' ? fc.option(one, { nil: undefined }) : one;
}

function typeArbitrary(type: FieldType): fc.Arbitrary<unknown> {
  if (type.kind === 'message') return messageArbitrary(type.name);
  if (type.kind === 'enum') {
    const numbers = enums.get(type.name)?.values.map((value) => value.number) ?? [];
    return fc.oneof(fc.constantFrom(...numbers), fc.constantFrom(-1, 77_777));
  }
  switch (type.scalar) {
    case 'string':
      return text;
    case 'bytes':
      return fc.uint8Array({ maxLength: 12 });
    case 'bool':
      return fc.boolean();
    case 'double':
      return fc.double();
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case 'int32':
      return fc.integer();
    case 'uint64':
      return safeInteger.map(Math.abs);
    case 'int64':
    case 'sint64':
      return safeInteger;
  }
}
