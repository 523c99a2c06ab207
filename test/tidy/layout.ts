/** Pure, shell or edge code, or the tests, which may do anything. */
export type CodeClass = 'pure' | 'shell' | 'edge' | 'test';

export interface Folder {
  /** From the root of the repository, with forward slashes; '.' is the root itself. */
  readonly path: string;
  readonly codeClass: CodeClass;
  /** Folders whose every file may be imported, besides its own. */
  readonly mayImport: readonly string[];
  /** Folders of the same row: only their `port.ts` may be imported. */
  readonly mayImportPortOf: readonly string[];
  /** npm packages that may be imported. */
  readonly packages: readonly string[];
  /** Only files directly in it belong to it; a folder below must have its own line. */
  readonly flat: boolean;
}

type Options = Partial<Pick<Folder, 'mayImportPortOf' | 'packages' | 'flat'>>;

function folder(
  codeClass: CodeClass,
  path: string,
  mayImport: readonly string[],
  options: Options = {},
): Folder {
  return { path, codeClass, mayImport, mayImportPortOf: [], packages: [], flat: false, ...options };
}

/** Each of a row may know the ports that stand beside the others, and nothing else of them. */
function row(paths: readonly string[], mayImport: readonly string[]): Folder[] {
  return paths.map((path) =>
    folder('shell', path, mayImport, { mayImportPortOf: paths.filter((other) => other !== path) }),
  );
}

const shapes = ['common/pure', 'proto/gen', 'proto/http'];
const shared = [...shapes, 'common/ports', 'proto/rpc', 'common/run'];
const deciders = ['manager/scheduler', 'manager/orchestrator', 'manager/allocator'];
const managerPure = ['manager/store', ...deciders, 'manager/plan'];
const managerRow = [
  'manager/loop',
  'manager/consensus',
  'manager/proposer',
  'manager/observed',
  'manager/dispatcher',
  'manager/membership',
  'manager/ca',
  'manager/logbroker',
  'manager/events',
];
const managerShell = [...managerRow, 'manager/controlapi', 'manager'];
const managerAll = ['manager/raft', ...managerPure, 'manager/controlapi/validate', ...managerShell];
const managerEdge = [
  'manager/consensus/transport',
  'manager/consensus/thread',
  'manager/ca/signer',
];
const workerPure = ['worker/task', 'worker/routing'];
const workerRow = [
  'worker/journal',
  'worker/logs',
  'worker/executor',
  'worker/network',
  'worker/proxy',
];
const workerAll = [...workerPure, ...workerRow, 'worker/agent', 'worker'];
const workerEdge = ['worker/network/kernel', 'worker/proxy/process'];
const nodeEdge = ['node/identity', 'node/listeners', 'node/dataroot', 'node/httpapi/adapter'];
const edgeBase = [...shared, 'common/platform'];
const wholeNode = [
  ...edgeBase,
  ...managerAll,
  ...managerEdge,
  ...workerAll,
  ...workerEdge,
  'node/lifecycle',
  'node/httpapi',
  ...nodeEdge,
];

function commonAndProto(): Folder[] {
  return [
    folder('pure', 'common/pure', []),
    folder('pure', 'proto/gen', ['common/pure']),
    folder('pure', 'proto/http', ['common/pure']),
    folder('shell', 'common/ports', shapes),
    folder('shell', 'proto/rpc', [...shapes, 'common/ports']),
    folder('shell', 'common/run', [...shapes, 'common/ports']),
    folder('edge', 'common/platform', shared, {
      packages: ['@grpc/grpc-js', 'nats', 'pino', 'prom-client', 'undici'],
    }),
    folder('edge', 'proto/generate', shapes, { packages: ['protobufjs'] }),
  ];
}

function manager(): Folder[] {
  return [
    folder('pure', 'manager/raft', []),
    folder('pure', 'manager/store', shapes),
    ...deciders.map((path) => folder('pure', path, [...shapes, 'manager/store'])),
    folder('pure', 'manager/plan', [...shapes, 'manager/store', ...deciders], {
      packages: ['microdiff'],
    }),
    folder('pure', 'manager/controlapi/validate', [...shapes, ...managerPure]),
    ...row(managerRow, [...shared, 'manager/raft', ...managerPure]),
    folder('shell', 'manager/controlapi', [
      ...shared,
      ...managerPure,
      'manager/controlapi/validate',
      ...managerRow,
    ]),
    folder('shell', 'manager', [...shared, ...managerAll], { flat: true }),
    ...managerEdge.map((path) =>
      edgeOf(path, [...shared, 'manager/raft', ...managerPure, ...(composed[path] ?? [])]),
    ),
  ];
}

function worker(): Folder[] {
  return [
    ...workerPure.map((path) => folder('pure', path, shapes)),
    ...row(workerRow, [...shared, ...workerPure]),
    folder('shell', 'worker/agent', [...shared, ...workerPure, ...workerRow]),
    folder('shell', 'worker', [...shared, ...workerAll], { flat: true }),
    ...workerEdge.map((path) => edgeOf(path, [...shared, ...workerPure])),
  ];
}

/** Edge code that an entry puts together. */
const composed: Readonly<Record<string, readonly string[]>> = {
  'manager/consensus/thread': ['manager/consensus/transport'],
};

const edgePackages: Readonly<Record<string, readonly string[]>> = {
  'manager/consensus/transport': ['@grpc/grpc-js'],
  'manager/ca/signer': ['@peculiar/x509', 'reflect-metadata'],
  'node/listeners': ['prom-client'],
};

/** Edge code knows its parent, what its parent knows, and the real ports. */
function edgeOf(path: string, parentMayImport: readonly string[]): Folder {
  const parent = path.slice(0, path.lastIndexOf('/'));
  return folder('edge', path, [...parentMayImport, 'common/platform', parent], {
    packages: edgePackages[path] ?? [],
  });
}

function nodeAndClient(): Folder[] {
  return [
    folder('pure', 'node/lifecycle', shapes),
    folder('shell', 'node/httpapi', [...shared, ...managerAll, ...workerAll, 'node/lifecycle'], {
      packages: ['rou3'],
    }),
    ...nodeEdge.map((path) =>
      folder('edge', path, wholeNode, { packages: edgePackages[path] ?? [] }),
    ),
    folder('edge', 'node/daemon', wholeNode),
    folder('pure', 'cli/render', shapes),
    folder('shell', 'cli/commands', [...shared, 'cli/render'], { packages: ['commander'] }),
    folder('edge', 'cli', [...edgeBase, 'cli/commands', 'cli/render'], { packages: ['commander'] }),
    folder('edge', 'deploy', edgeBase, { packages: ['rolldown'] }),
  ];
}

/** Who may import whom: the only place where a new folder, or a new way between two, is allowed. */
export const layout: readonly Folder[] = [
  ...commonAndProto(),
  ...manager(),
  ...worker(),
  ...nodeAndClient(),
  folder('test', 'test', []),
  folder('test', '.', [], { flat: true, packages: ['vitest'] }),
];

/** The line of the table that a file belongs to: the deepest that holds it. */
export function folderOf(file: string): Folder | undefined {
  const directory = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.';
  let deepest: Folder | undefined;
  for (const candidate of layout) {
    const holds = candidate.flat
      ? directory === candidate.path
      : `${directory}/`.startsWith(`${candidate.path}/`);
    if (holds && candidate.path.length > (deepest?.path.length ?? -1)) deepest = candidate;
  }
  return deepest;
}
