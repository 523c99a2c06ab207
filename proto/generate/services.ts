import { docComment, fileHeader } from './comments.ts';
import { sortImports } from './names.ts';
import type { SchemaFile, SchemaMethod, SchemaService, TypeReference } from './schema.ts';

/** `proto/rpc/<file>.ts`: methods with their roles, server and client of each service; undefined without services. */
export function emitServices(file: SchemaFile): string | undefined {
  if (file.services.length === 0) return undefined;
  const lines = [fileHeader(file.name), ...emitImports(file)];
  for (const service of file.services) lines.push('', ...emitService(service));
  return `${lines.join('\n')}\n`;
}

function emitImports(file: SchemaFile): readonly string[] {
  const byFile = new Map<string, Set<string>>();
  const add = (reference: TypeReference): void => {
    const names = byFile.get(reference.file) ?? new Set<string>();
    byFile.set(reference.file, names);
    names.add(`type ${reference.name}`);
    names.add(`decode${reference.name}`);
    names.add(`encode${reference.name}`);
  };
  for (const method of file.services.flatMap((service) => service.methods)) {
    add(method.request);
    add(method.response);
  }
  const lines = [
    'import type {',
    ...['CallOptions', 'RpcChannel', 'RpcHandler', 'RpcMethod', 'ServerCall'].map(
      (name) => `  ${name},`,
    ),
    "} from '../../common/ports/rpc.ts';",
  ];
  for (const other of [...byFile.keys()].toSorted()) {
    const names = sortImports(byFile.get(other) ?? []);
    lines.push('import {', ...names.map((name) => `  ${name},`), `} from '../gen/${other}.ts';`);
  }
  return lines;
}

function emitService(service: SchemaService): readonly string[] {
  return [
    ...emitMethods(service),
    '',
    ...emitServer(service),
    '',
    ...emitClient(service),
    '',
    ...emitClientFactory(service),
    '',
    ...emitHandlers(service),
  ];
}

function methodsName(service: SchemaService): string {
  return `${lowerFirst(service.name)}Methods`;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function emitMethods(service: SchemaService): readonly string[] {
  const types = service.methods.map(
    (method) =>
      `  readonly ${method.name}: RpcMethod<${method.request.name}, ${method.response.name}>;`,
  );
  const values = service.methods.flatMap((method) => [
    `  ${method.name}: {`,
    `    name: '${service.name}/${method.name}',`,
    `    kind: '${method.kind}',`,
    `    roles: [${method.roles.map((role) => `'${role}'`).join(', ')}],`,
    `    encodeRequest: encode${method.request.name},`,
    `    decodeRequest: decode${method.request.name},`,
    `    encodeResponse: encode${method.response.name},`,
    `    decodeResponse: decode${method.response.name},`,
    '  },',
  ]);
  return [
    `/** The methods of ${service.name}: names, roles and codecs. */`,
    `export const ${methodsName(service)}: {`,
    ...types,
    '} = {',
    ...values,
    '};',
  ];
}

function emitServer(service: SchemaService): readonly string[] {
  return [
    ...docComment(service.comment, ''),
    `export interface ${service.name}Server {`,
    ...service.methods.flatMap((method) => [
      ...docComment(method.comment, '  '),
      `  ${method.name}(request: ${method.request.name}, call: ServerCall): ${resultType(method)};`,
    ]),
    '}',
  ];
}

function emitClient(service: SchemaService): readonly string[] {
  return [
    ...docComment(service.comment, ''),
    `export interface ${service.name}Client {`,
    ...service.methods.flatMap((method) => [
      ...docComment(method.comment, '  '),
      `  ${method.name}(`,
      `    request: ${method.request.name},`,
      '    options: CallOptions,',
      `  ): ${resultType(method)};`,
    ]),
    '}',
  ];
}

function resultType(method: SchemaMethod): string {
  const container = method.kind === 'unary' ? 'Promise' : 'AsyncIterable';
  return `${container}<${method.response.name}>`;
}

function emitClientFactory(service: SchemaService): readonly string[] {
  const methods = methodsName(service);
  return [
    `/** Calls ${service.name} over \`channel\`. */`,
    `export function ${lowerFirst(service.name)}Client(channel: RpcChannel): ${service.name}Client {`,
    '  return {',
    ...service.methods.flatMap((method) => [
      `    ${method.name}: (request, options) =>`,
      `      channel.${method.kind}(${methods}.${method.name}, request, options),`,
    ]),
    '  };',
    '}',
  ];
}

function emitHandlers(service: SchemaService): readonly string[] {
  const methods = methodsName(service);
  return [
    `/** What a server registers to answer ${service.name} with \`server\`. */`,
    `export function ${lowerFirst(service.name)}Handlers(`,
    `  server: ${service.name}Server,`,
    '): readonly RpcHandler[] {',
    '  return [',
    ...service.methods.flatMap((method) => [
      '    {',
      `      kind: '${method.kind}',`,
      `      method: ${methods}.${method.name},`,
      '      handle: (request, call) =>',
      `        server.${method.name}(request as ${method.request.name}, call),`,
      '    },',
    ]),
    '  ];',
    '}',
  ];
}
