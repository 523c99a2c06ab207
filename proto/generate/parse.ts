import protobuf from 'protobufjs';
import { camelCase } from './names.ts';
import type {
  FieldType,
  ScalarName,
  SchemaEnum,
  SchemaField,
  SchemaFile,
  SchemaMember,
  SchemaMessage,
  SchemaMethod,
  SchemaService,
  TypeReference,
} from './schema.ts';

/** The only package; everything is declared at its top level. */
const packageName = 'shoal';

/** Where the generator's own options are declared: nothing is generated for it. */
const optionsFile = 'options';

const scalarNames: readonly string[] = [
  'string',
  'bytes',
  'bool',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'sint64',
  'double',
] satisfies readonly ScalarName[];

const roleNames: readonly string[] = ['manager', 'worker', 'proxy', 'anyone'];

/** Names that a field cannot have: the codec uses them itself. */
const reservedFieldNames: readonly string[] = ['unknown'];

/**
 * Reads the contract.
 *
 * @param sources text of each .proto file by base name.
 * @throws Error for what the generator does not carry; the message names file and place.
 */
export function parseContract(sources: ReadonlyMap<string, string>): readonly SchemaFile[] {
  const declaredIn = new Map<string, string>();
  const roots = new Map<string, protobuf.Namespace>();
  for (const [file, source] of sources) {
    if (file === optionsFile) continue;
    const declarations = parseFile(file, source);
    roots.set(file, declarations);
    for (const declaration of declarations.nestedArray) {
      const other = declaredIn.get(declaration.name);
      if (other !== undefined) throw new Error(`${declaration.name} is in ${other} and ${file}`);
      declaredIn.set(declaration.name, file);
    }
  }
  const context: Context = { declaredIn, roots };
  return [...roots].map(([file, declarations]) => readFile(file, declarations, context));
}

interface Context {
  /** File of each message, enum and service. */
  readonly declaredIn: ReadonlyMap<string, string>;
  readonly roots: ReadonlyMap<string, protobuf.Namespace>;
}

function parseFile(file: string, source: string): protobuf.Namespace {
  const root = new protobuf.Root();
  const result = protobuf.parse(source, root, { keepCase: true, alternateCommentMode: true });
  if (result.package !== packageName) throw new Error(`${file}: package is not ${packageName}`);
  const declarations = root.lookup(packageName);
  if (!(declarations instanceof protobuf.Namespace)) throw new Error(`${file}: nothing declared`);
  return declarations;
}

function readFile(file: string, declarations: protobuf.Namespace, context: Context): SchemaFile {
  const all = declarations.nestedArray;
  return {
    name: file,
    enums: all.filter((entry) => entry instanceof protobuf.Enum).map(readEnum),
    messages: all
      .filter((entry) => entry instanceof protobuf.Type)
      .map((entry) => readMessage(entry, context)),
    services: all
      .filter((entry) => entry instanceof protobuf.Service)
      .map((entry) => readService(entry, context)),
  };
}

function readEnum(entry: protobuf.Enum): SchemaEnum {
  const values = Object.entries(entry.values).map(([name, number]) => ({
    key: camelCase(name.toLowerCase()),
    number,
    comment: entry.comments[name] ?? '',
  }));
  if (values[0]?.number !== 0) throw new Error(`${entry.name}: the first value is not 0`);
  return { name: entry.name, comment: entry.comment ?? '', values };
}

function readMessage(entry: protobuf.Type, context: Context): SchemaMessage {
  if (entry.nestedArray.length > 0) throw new Error(`${entry.name}: declarations do not nest`);
  const sorted = entry.fieldsArray.toSorted((left, right) => left.id - right.id);
  const members: SchemaMember[] = [];
  const seen = new Set<protobuf.OneOf>();
  for (const field of sorted) {
    const oneof = realOneof(field);
    if (oneof === undefined) {
      members.push({ kind: 'field', field: readField(field, context) });
    } else if (!seen.has(oneof)) {
      seen.add(oneof);
      members.push(readOneof(oneof, sorted, context));
    }
  }
  return { name: entry.name, comment: entry.comment ?? '', members };
}

/** The oneof that was declared; the parser also makes one for each `optional` field. */
function realOneof(field: protobuf.Field): protobuf.OneOf | undefined {
  if (field.partOf === null || field.getOption('proto3_optional') === true) return undefined;
  return field.partOf;
}

function readOneof(
  oneof: protobuf.OneOf,
  sorted: readonly protobuf.Field[],
  context: Context,
): SchemaMember {
  const first = sorted.findIndex((field) => realOneof(field) === oneof);
  const run = sorted.slice(first, first + oneof.fieldsArray.length);
  if (run.some((field) => realOneof(field) !== oneof)) {
    throw new Error(`${oneof.parent?.name}.${oneof.name}: other fields have numbers in between`);
  }
  return {
    kind: 'oneof',
    name: fieldName(oneof),
    comment: oneof.comment ?? '',
    fields: run.map((field) => readField(field, context)),
  };
}

function readField(field: protobuf.Field, context: Context): SchemaField {
  return {
    name: fieldName(field),
    number: field.id,
    comment: field.comment ?? '',
    shape: readShape(field, context),
    type: readType(field, context),
  };
}

function fieldName(declared: protobuf.ReflectionObject): string {
  const name = camelCase(declared.name);
  if (reservedFieldNames.includes(name)) {
    throw new Error(`${declared.parent?.name}.${declared.name}: the codec needs this name itself`);
  }
  return name;
}

function readShape(field: protobuf.Field, context: Context): SchemaField['shape'] {
  if (field instanceof protobuf.MapField) {
    if (field.keyType !== 'string' || field.type !== 'string') {
      throw new Error(`${field.parent?.name}.${field.name}: only map<string, string> is carried`);
    }
    return 'stringMap';
  }
  if (field.repeated) return readRepeated(field, context);
  if (realOneof(field) !== undefined) return 'oneofMember';
  if (readType(field, context).kind === 'message') return 'optional';
  return field.getOption('proto3_optional') === true ? 'optional' : 'plain';
}

function readRepeated(field: protobuf.Field, context: Context): SchemaField['shape'] {
  const type = readType(field, context);
  const hasLength =
    type.kind === 'message' ||
    (type.kind === 'scalar' && (type.scalar === 'string' || type.scalar === 'bytes'));
  if (!hasLength) {
    throw new Error(`${field.parent?.name}.${field.name}: repeated numbers are not carried`);
  }
  return 'repeated';
}

function readType(field: protobuf.Field, context: Context): FieldType {
  if (isScalar(field.type)) return { kind: 'scalar', scalar: field.type };
  const reference = referTo(field.type, context);
  const declared = context.roots.get(reference.file)?.get(field.type);
  if (declared instanceof protobuf.Type) return { kind: 'message', ...reference };
  if (declared instanceof protobuf.Enum) {
    const zero = readEnum(declared).values[0];
    return { kind: 'enum', ...reference, zero: zero?.key ?? '' };
  }
  throw new Error(`${field.parent?.name}.${field.name}: type ${field.type} is not carried`);
}

function isScalar(name: string): name is ScalarName {
  return scalarNames.includes(name);
}

function referTo(name: string, context: Context): TypeReference {
  const file = context.declaredIn.get(name);
  if (file === undefined) throw new Error(`type ${name} is not carried`);
  return { name, file };
}

function readService(entry: protobuf.Service, context: Context): SchemaService {
  return {
    name: entry.name,
    comment: entry.comment ?? '',
    methods: entry.methodsArray.map((method) => readMethod(method, context)),
  };
}

function readMethod(method: protobuf.Method, context: Context): SchemaMethod {
  if (method.requestStream === true) {
    throw new Error(`${method.parent?.name}.${method.name}: streams of requests are not carried`);
  }
  return {
    name: method.name.charAt(0).toLowerCase() + method.name.slice(1),
    comment: method.comment ?? '',
    kind: method.responseStream === true ? 'serverStream' : 'unary',
    roles: readRoles(method),
    request: referTo(method.requestType, context),
    response: referTo(method.responseType, context),
  };
}

function readRoles(method: protobuf.Method): readonly string[] {
  const place = `${method.parent?.name}.${method.name}`;
  const option: unknown = method.getOption('(roles)');
  if (typeof option !== 'string' || option === '') throw new Error(`${place}: has no roles`);
  const roles = option.split(',');
  for (const role of roles) {
    if (!roleNames.includes(role)) throw new Error(`${place}: role ${role} is not known`);
  }
  return roles;
}
