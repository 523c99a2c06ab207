import { formatRfc3339, parseRfc3339 } from '../../common/pure/rfc3339.ts';
import { humanBytes } from './quantities.ts';
import { at, isTrueAt, type Json, listAt, numberAt, textAt } from './reading.ts';
import { capitalize, printable } from './text.ts';

type Row = readonly [name: string, value: string];

/** Characters before the values. */
const valueColumn = 24;

/** The text of `node inspect --pretty`: what there is of one node. */
export function renderNode(node: Json): string {
  return sections(node)
    .flatMap(({ title, rows }) => (rows.length === 0 ? [] : [title, ...rows.map(rowText)]))
    .filter((line) => line !== '')
    .map((line) => `${printable(line)}\n`)
    .join('');
}

interface Section {
  /** Empty for rows that stand by themselves. */
  readonly title: string;
  readonly rows: readonly Row[];
}

function sections(node: Json): readonly Section[] {
  const spec = at(node, 'Spec');
  const description = at(node, 'Description');
  return [
    { title: '', rows: identityRows(node) },
    { title: 'Labels:', rows: labelRows(at(spec, 'Labels')) },
    { title: 'Status:', rows: statusRows(node) },
    { title: 'Manager Status:', rows: managerRows(at(node, 'ManagerStatus')) },
    {
      title: 'Platform:',
      rows: [
        [' Operating System:', textAt(description, 'Platform', 'OS')],
        [' Architecture:', textAt(description, 'Platform', 'Architecture')],
      ],
    },
    { title: 'Resources:', rows: resourceRows(at(description, 'Resources')) },
    { title: 'Plugins:', rows: pluginRows(listAt(description, 'Engine', 'Plugins')) },
    { title: '', rows: [['Engine Version:', textAt(description, 'Engine', 'EngineVersion')]] },
    { title: 'Engine Labels:', rows: labelRows(at(description, 'Engine', 'Labels')) },
  ];
}

function rowText([name, value]: Row): string {
  return value === '' ? name : `${name.padEnd(valueColumn - 1)} ${value}`;
}

function identityRows(node: Json): readonly Row[] {
  const joinedMs = parseRfc3339(textAt(node, 'CreatedAt')) ?? 0;
  return [
    ['ID:', textAt(node, 'ID')],
    ['Name:', textAt(node, 'Spec', 'Name')] as const,
    ['Hostname:', textAt(node, 'Description', 'Hostname')] as const,
    ['Joined at:', joinedMs <= 0 ? '' : formatRfc3339(joinedMs)] as const,
  ].filter((row): row is [string, string] => row[1] !== '');
}

function labelRows(labels: Json): readonly Row[] {
  if (typeof labels !== 'object' || labels === null) return [];
  return Object.entries(labels)
    .map(([key, value]) => ` - ${key}${value === '' ? '' : `=${String(value)}`}`)
    .toSorted()
    .map((line) => [line, ''] as const);
}

function statusRows(node: Json): readonly Row[] {
  const rows: readonly Row[] = [
    [' State:', capitalize(textAt(node, 'Status', 'State'))],
    [' Message:', textAt(node, 'Status', 'Message')],
    [' Availability:', capitalize(textAt(node, 'Spec', 'Availability'))],
    [' Address:', textAt(node, 'Status', 'Addr')],
  ];
  return rows.filter(([, value]) => value !== '');
}

function managerRows(manager: Json): readonly Row[] {
  if (typeof manager !== 'object' || manager === null) return [];
  return [
    [' Address:', textAt(manager, 'Addr')],
    [' Raft Status:', capitalize(textAt(manager, 'Reachability'))],
    [' Leader:', isTrueAt(manager, 'Leader') ? 'Yes' : 'No'],
  ];
}

function resourceRows(resources: Json): readonly Row[] {
  return [
    [' CPUs:', String((numberAt(resources, 'NanoCPUs') ?? 0) / 1e9)],
    [' Memory:', humanBytes(numberAt(resources, 'MemoryBytes') ?? 0)],
  ];
}

/** Names by kind of plugin. */
function pluginRows(plugins: readonly Json[]): readonly Row[] {
  const kinds = Map.groupBy(plugins, (plugin) => textAt(plugin, 'Type'));
  return [...kinds]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([kind, members]): Row => {
      const names = members.map((plugin) => textAt(plugin, 'Name'));
      return [` ${kind}:`, names.join(', ')];
    });
}
