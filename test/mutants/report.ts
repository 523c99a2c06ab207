import { groupOf, type Mutant, type MutantGroup } from './mutant.ts';
import type { Verdict } from './runner.ts';
import type { Suite } from './suites.ts';

/** What each suite said to one planted bug, by the suite's name. */
export interface Judged {
  readonly mutant: Mutant;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

export function isKilled({ verdicts }: Judged): boolean {
  return [...verdicts.values()].some((verdict) => verdict !== 'passed');
}

const cells: Readonly<Record<Verdict, string>> = { passed: '–', failed: '✔', hung: '✔ (hangs)' };

/** Who killed what, as a Markdown table of one group. */
function tableOf(judged: readonly Judged[], suites: readonly Suite[]): string {
  const names = suites.map(({ name }) => name);
  const head = ['mutant', 'why it is wrong', ...names];
  const rows = judged.map(({ mutant, verdicts }) => {
    const marks = names.map((name) => cells[verdicts.get(name) ?? 'passed']);
    return [`\`${mutant.name}\``, mutant.reason, ...marks];
  });
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function countsOf(judged: readonly Judged[], suites: readonly Suite[]): string {
  const killed = judged.filter((one) => isKilled(one)).length;
  const bySuite = suites.map(({ name }) => {
    const count = judged.filter(({ verdicts }) => (verdicts.get(name) ?? 'passed') !== 'passed');
    return `${name} ${count.length}`;
  });
  return `${killed} of ${judged.length} killed (${bySuite.join(', ')})`;
}

/** Tables and totals of all groups, and who survived. */
export function reportOf(judged: readonly Judged[], suites: readonly Suite[]): string {
  const groups: readonly MutantGroup[] = ['core', 'log', 'driver'];
  const parts = groups.flatMap((group) => {
    const own = judged.filter(({ mutant }) => groupOf(mutant) === group);
    const able = suites.filter((suite) => suite.group === group);
    return own.length === 0 ? [] : [tableOf(own, able), `${group}: ${countsOf(own, able)}`];
  });
  const survivors = judged
    .filter((one) => !isKilled(one))
    .map(({ mutant }) => `- \`${mutant.name}\`: ${mutant.survives ?? 'not explained'}`);
  return [...parts, survivors.length === 0 ? 'none survived' : survivors.join('\n')].join('\n\n');
}

const heading = '\n## Measured\n';

/** The page with these figures in place of those that it had. */
export function pageWith(page: string, measured: string): string {
  const [before = ''] = page.split(heading);
  return `${before}${heading}\n${measured}\n`;
}
