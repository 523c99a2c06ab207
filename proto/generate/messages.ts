import { docComment, fileHeader } from './comments.ts';
import { pascalCase, sortImports } from './names.ts';
import type {
  FieldType,
  SchemaEnum,
  SchemaField,
  SchemaFile,
  SchemaMember,
  SchemaMessage,
  TypeReference,
} from './schema.ts';

/** `proto/gen/<file>.ts`: types, constructors and codecs of all that one .proto file declares. */
export function emitMessages(file: SchemaFile): string {
  const lines = [fileHeader(file.name), ...emitImports(file)];
  for (const declared of file.enums) lines.push('', ...emitEnum(declared));
  for (const message of file.messages) lines.push('', ...emitMessage(message));
  return `${lines.join('\n')}\n`;
}

function emitImports(file: SchemaFile): readonly string[] {
  const byFile = new Map<string, Set<string>>();
  for (const field of file.messages.flatMap(fieldsOf)) {
    const { type } = field;
    if (type.kind === 'scalar' || type.file === file.name) continue;
    const names = byFile.get(type.file) ?? new Set<string>();
    byFile.set(type.file, names);
    for (const name of importedNames(type)) names.add(name);
  }
  const lines: string[] = [];
  for (const other of [...byFile.keys()].toSorted()) {
    const names = sortImports(byFile.get(other) ?? []);
    lines.push('import {', ...names.map((name) => `  ${name},`), `} from './${other}.ts';`);
  }
  if (file.messages.length > 0) {
    const names = ['type Draft', ...emptiesOf(file), 'Reader', 'Writer'];
    lines.push(`import { ${names.join(', ')} } from './wire.ts';`);
  }
  return lines;
}

/** What stands for all that is empty, as far as the file needs it, and what makes a list of one's own of it. */
function emptiesOf(file: SchemaFile): readonly string[] {
  const defaults = new Set(file.messages.flatMap(({ members }) => members.map(memberDefault)));
  const empties = ['noBytes', 'noEntries', 'noItems'].filter((name) => defaults.has(name));
  return defaults.has('noItems') ? [...empties, 'own'] : empties;
}

function importedNames(type: TypeReference & { readonly kind: 'enum' | 'message' }): string[] {
  if (type.kind === 'enum') return [type.name];
  return [`type ${type.name}`, `read${type.name}`, `write${type.name}`];
}

function fieldsOf(message: SchemaMessage): readonly SchemaField[] {
  return message.members.flatMap((member) =>
    member.kind === 'field' ? [member.field] : member.fields,
  );
}

function emitEnum(declared: SchemaEnum): readonly string[] {
  const { name } = declared;
  const parameter = name.charAt(0).toLowerCase() + name.slice(1);
  return [
    ...docComment(declared.comment, ''),
    `export const ${name} = {`,
    ...declared.values.flatMap((value) => [
      ...docComment(value.comment, '  '),
      `  ${value.key}: ${value.number},`,
    ]),
    '} as const;',
    `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
    '',
    `/** Key of \`${parameter}\` in \`${name}\`; the number itself when this version does not know it. */`,
    `export function ${parameter}Name(${parameter}: number): string {`,
    `  switch (${parameter}) {`,
    ...declared.values.flatMap((value) => [
      `    case ${value.number}:`,
      `      return '${value.key}';`,
    ]),
    '    default:',
    `      return String(${parameter});`,
    '  }',
    '}',
  ];
}

function emitMessage(message: SchemaMessage): readonly string[] {
  return [
    ...message.members.flatMap((member) => emitOneofType(message, member)),
    ...emitInterface(message),
    '',
    ...emitConstructor(message),
    '',
    ...emitEntryPoints(message),
    '',
    ...emitWrite(message),
    '',
    ...emitFieldNumbers(message),
    ...emitRead(message),
  ];
}

function oneofTypeName(message: SchemaMessage, oneofName: string): string {
  return `${message.name}${pascalCase(oneofName)}`;
}

function emitOneofType(message: SchemaMessage, member: SchemaMember): readonly string[] {
  if (member.kind === 'field') return [];
  const alternatives = member.fields.flatMap((field) => [
    ...docComment(field.comment, '  '),
    `  | { readonly kind: '${field.name}'; readonly value: ${typeName(field.type)} }`,
  ]);
  return [
    ...docComment(member.comment, ''),
    `export type ${oneofTypeName(message, member.name)} =`,
    `${alternatives.join('\n')};`,
    '',
  ];
}

function emitInterface(message: SchemaMessage): readonly string[] {
  return [
    ...docComment(message.comment, ''),
    `export interface ${message.name} {`,
    ...message.members.flatMap((member) => emitMemberType(message, member)),
    '  /** Fields that this version does not know, as they came. */',
    '  readonly unknown?: Uint8Array;',
    '}',
  ];
}

function emitMemberType(message: SchemaMessage, member: SchemaMember): readonly string[] {
  if (member.kind === 'oneof') {
    return [
      ...docComment(member.comment, '  '),
      `  readonly ${member.name}: ${oneofTypeName(message, member.name)} | undefined;`,
    ];
  }
  const { field } = member;
  return [...docComment(field.comment, '  '), `  readonly ${field.name}: ${memberType(field)};`];
}

function memberType(field: SchemaField): string {
  const type = typeName(field.type);
  if (field.shape === 'stringMap') return 'ReadonlyMap<string, string>';
  if (field.shape === 'repeated') return `readonly ${type}[]`;
  return field.shape === 'optional' ? `${type} | undefined` : type;
}

function typeName(type: FieldType): string {
  if (type.kind !== 'scalar') return type.name;
  if (type.scalar === 'string') return 'string';
  if (type.scalar === 'bytes') return 'Uint8Array';
  return type.scalar === 'bool' ? 'boolean' : 'number';
}

function memberName(member: SchemaMember): string {
  return member.kind === 'field' ? member.field.name : member.name;
}

/** What a member is when nothing was said: the default of proto3. */
function memberDefault(member: SchemaMember): string {
  if (member.kind === 'oneof') return 'undefined';
  const { field } = member;
  if (field.shape === 'stringMap') return 'noEntries';
  if (field.shape === 'repeated') return 'noItems';
  return field.shape === 'optional' ? 'undefined' : plainDefault(field.type);
}

function plainDefault(type: FieldType): string {
  if (type.kind === 'message') return 'undefined';
  if (type.kind === 'enum') return `${type.name}.${type.zero}`;
  if (type.scalar === 'string') return "''";
  if (type.scalar === 'bytes') return 'noBytes';
  return type.scalar === 'bool' ? 'false' : '0';
}

function emitConstructor(message: SchemaMessage): readonly string[] {
  const { name } = message;
  const properties = message.members.map((member) => {
    const fallback = memberDefault(member);
    const given = `fields.${memberName(member)}`;
    return `    ${memberName(member)}: ${fallback === 'undefined' ? given : `${given} ?? ${fallback}`},`;
  });
  return [
    `/** A ${name} of \`fields\`, with defaults for the rest. */`,
    `export function new${name}(fields: Partial<${name}> = {}): ${name} {`,
    ...(properties.length === 0
      ? [`  const value: ${name} = {};`]
      : [`  const value: ${name} = {`, ...properties, '  };']),
    '  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };',
    '}',
  ];
}

function emitEntryPoints(message: SchemaMessage): readonly string[] {
  const { name } = message;
  return [
    '/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */',
    `export function encode${name}(value: ${name}): Uint8Array {`,
    '  const writer = new Writer();',
    `  write${name}(writer, value);`,
    '  return writer.take();',
    '}',
    '',
    '/** @throws ShoalError `corrupt` with the path of the field that is malformed. */',
    `export function decode${name}(bytes: Uint8Array): ${name} {`,
    `  return read${name}(new Reader(bytes, '${name}'));`,
    '}',
  ];
}

function emitWrite(message: SchemaMessage): readonly string[] {
  return [
    `export function write${message.name}(writer: Writer, value: ${message.name}): void {`,
    ...message.members.flatMap((member) => emitWriteMember(message, member)),
    '  if (value.unknown !== undefined) writer.raw(value.unknown);',
    '}',
  ];
}

function emitWriteMember(message: SchemaMessage, member: SchemaMember): readonly string[] {
  if (member.kind === 'oneof') return emitWriteOneof(message, member);
  const { field } = member;
  const access = `value.${field.name}`;
  const write = (from: string): readonly string[] => emitWriteValue(message, field, from);
  if (field.shape === 'stringMap') {
    return [`  writer.stringMap(${tagOf(field)}, ${access});`];
  }
  if (field.shape === 'repeated') {
    return guarded(`for (const item of ${access})`, write('item'));
  }
  return guarded(`if (${isPresent(field, access)})`, write(access));
}

function guarded(head: string, body: readonly string[]): readonly string[] {
  if (body.length === 1) return [`  ${head} ${body.join('')}`];
  return [`  ${head} {`, ...body.map((line) => `    ${line}`), '  }'];
}

/** Condition under which a singular field is written. */
function isPresent(field: SchemaField, access: string): string {
  if (field.shape === 'optional') return `${access} !== undefined`;
  if (field.type.kind === 'enum') return `${access} !== ${plainDefault(field.type)}`;
  const scalar = field.type.kind === 'scalar' ? field.type.scalar : 'string';
  if (scalar === 'bool') return access;
  if (scalar === 'bytes') return `${access}.length > 0`;
  if (scalar === 'double') return `!Object.is(${access}, 0)`;
  return `${access} !== ${plainDefault(field.type)}`;
}

function emitWriteOneof(
  message: SchemaMessage,
  member: SchemaMember & { readonly kind: 'oneof' },
): readonly string[] {
  const access = `value.${member.name}`;
  const cases = member.fields.flatMap((field) => [
    `    case '${field.name}':${field.type.kind === 'message' ? ' {' : ''}`,
    ...emitWriteValue(message, field, `${access}.value`).map((line) => `      ${line}`),
    '      break;',
    ...(field.type.kind === 'message' ? ['    }'] : []),
  ]);
  return [`  switch (${access}?.kind) {`, ...cases, '    case undefined:', '      break;', '  }'];
}

/** Statements that write one value with its tag. */
function emitWriteValue(
  message: SchemaMessage,
  field: SchemaField,
  access: string,
): readonly string[] {
  const tag = tagOf(field);
  const { type } = field;
  if (type.kind === 'message') {
    return [
      `const mark = writer.begin(${tag});`,
      `write${type.name}(writer, ${access});`,
      'writer.finish(mark);',
    ];
  }
  const method = type.kind === 'enum' ? 'int32' : type.scalar;
  const place = needsPlace(method) ? `, '${message.name}.${field.name}'` : '';
  return [`writer.${method}(${tag}, ${access}${place});`];
}

/** True for the writer's methods that may refuse a value, and so want to know its field. */
function needsPlace(method: string): boolean {
  return !['string', 'bytes', 'bool', 'double'].includes(method);
}

function tagOf(field: SchemaField): number {
  const { type } = field;
  if (field.shape === 'stringMap' || type.kind === 'message') return field.number * 8 + 2;
  if (type.kind === 'enum') return field.number * 8;
  if (type.scalar === 'string' || type.scalar === 'bytes') return field.number * 8 + 2;
  return field.number * 8 + (type.scalar === 'double' ? 1 : 0);
}

function fieldNumbersName(message: SchemaMessage): string {
  return `${message.name.charAt(0).toLowerCase()}${message.name.slice(1)}Fields`;
}

function emitFieldNumbers(message: SchemaMessage): readonly string[] {
  const numbers = fieldsOf(message).map((field) => field.number);
  return [`const ${fieldNumbersName(message)}: readonly number[] = [${numbers.join(', ')}];`, ''];
}

function emitRead(message: SchemaMessage): readonly string[] {
  const { name } = message;
  const properties = message.members.map(
    (member) => `    ${memberName(member)}: ${memberDefault(member)},`,
  );
  const skip = `unknown = reader.skip(tag, ${fieldNumbersName(message)}, unknown);`;
  const cases = fieldsOf(message).flatMap((field) => emitCase(message, field));
  return [
    `export function read${name}(reader: Reader): ${name} {`,
    ...(properties.length === 0
      ? [`  const value: Draft<${name}> = {};`]
      : [`  const value: Draft<${name}> = {`, ...properties, '  };']),
    '  let unknown: number[] | undefined;',
    '  while (reader.pos < reader.end) {',
    '    const tag = reader.tag();',
    ...(cases.length === 0
      ? [`    ${skip}`]
      : ['    switch (tag) {', ...cases, '      default:', `        ${skip}`, '    }']),
    '  }',
    '  if (unknown !== undefined) value.unknown = reader.collect(unknown);',
    '  return value;',
    '}',
  ];
}

function emitCase(message: SchemaMessage, field: SchemaField): readonly string[] {
  const body = emitReadField(message, field).map((line) => `        ${line}`);
  const isBlock = field.type.kind === 'message';
  return [
    `      case ${tagOf(field)}:${isBlock ? ' {' : ''}`,
    ...body,
    '        break;',
    ...(isBlock ? ['      }'] : []),
  ];
}

function emitReadField(message: SchemaMessage, field: SchemaField): readonly string[] {
  const { type } = field;
  if (field.shape === 'stringMap') {
    return [`value.${field.name} = reader.stringEntry('${field.name}', value.${field.name});`];
  }
  if (type.kind === 'message') {
    return [
      `const outerEnd = reader.enter('${field.name}');`,
      ...emitStore(message, field, `read${type.name}(reader)`),
      'reader.leave(outerEnd);',
    ];
  }
  if (type.kind === 'enum') {
    return emitStore(message, field, `reader.int32('${field.name}') as ${type.name}`);
  }
  return emitStore(message, field, `reader.${type.scalar}('${field.name}')`);
}

/** Statements that put what was read in its place. */
function emitStore(
  message: SchemaMessage,
  field: SchemaField,
  expression: string,
): readonly string[] {
  if (field.shape === 'repeated') {
    return [
      `value.${field.name} = own(value.${field.name});`,
      `value.${field.name}.push(${expression});`,
      `reader.count(value.${field.name}.length, '${field.name}');`,
    ];
  }
  if (field.shape === 'oneofMember') {
    return [`value.${oneofOf(message, field)} = { kind: '${field.name}', value: ${expression} };`];
  }
  return [`value.${field.name} = ${expression};`];
}

function oneofOf(message: SchemaMessage, field: SchemaField): string {
  const owner = message.members.find(
    (member) => member.kind === 'oneof' && member.fields.includes(field),
  );
  if (owner === undefined) throw new Error(`${message.name}.${field.name}: is in no oneof`);
  return memberName(owner);
}
