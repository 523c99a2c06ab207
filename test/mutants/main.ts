import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { catalogue } from './catalogue.ts';
import { groupOf, type Mutant } from './mutant.ts';
import { isKilled, pageWith, reportOf, type Judged } from './report.ts';
import { Runner, type Outcome, type Verdict } from './runner.ts';
import { suitesOf, type Suite } from './suites.ts';
import { git, root, Tree } from './tree.ts';

/**
 * Plants each bug of the catalogue in a copy of the tree and runs all that should find it: `--only NAME,NAME` some of
 * them, and what was said of it; `--group core`, `log` or `driver`; `--jobs N` so many copies at the same time; `--write` puts the
 * result into docs/mutants.md. Prints who found what. Ends with 1 when less than 95 % are found, or when the tree without
 * a bug does not pass.
 */

const page = join(root, 'docs/mutants.md');

const leastKilled = 0.95;

/** A suite that takes so much longer than without a bug hangs. */
const slowerMax = 8;
const limitMsMin = 180_000;
/** Without a bug. */
const limitMsFirst = 600_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    group: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const runner = new Runner();

function wanted(): readonly Mutant[] {
  const names = values.only?.split(',');
  const mutants = catalogue.filter(
    (mutant) =>
      (names === undefined || names.includes(mutant.name)) &&
      (values.group === undefined || groupOf(mutant) === values.group),
  );
  if (mutants.length === 0) throw new Error('no bug of the catalogue has that name or group');
  if (values.write && mutants.length < catalogue.length) throw new Error('the page holds all bugs');
  return mutants;
}

/** How long each suite may take, by how long it takes on the tree as it is. @throws if it does not pass. */
async function limitsOf(tree: Tree, suites: readonly Suite[]): Promise<ReadonlyMap<Suite, number>> {
  const limits = new Map<Suite, number>();
  for (const suite of suites) {
    const { verdict, ms, output } = await runner.run(suite, tree.path, limitMsFirst);
    if (verdict !== 'passed') {
      throw new Error(`without a bug, ${suite.name} ${verdict}:\n${output}`);
    }
    console.error(`without a bug, ${suite.name} passed in ${seconds(ms)} s`);
    limits.set(suite, Math.max(limitMsMin, slowerMax * ms));
  }
  return limits;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

async function judge(
  tree: Tree,
  mutant: Mutant,
  limits: ReadonlyMap<Suite, number>,
): Promise<Judged> {
  const verdicts = new Map<string, Verdict>();
  const said: string[] = [];
  await tree.with(mutant, async () => {
    for (const [suite, limitMs] of limits) {
      if (suite.group !== groupOf(mutant)) continue;
      const outcome = await runner.run(suite, tree.path, limitMs);
      verdicts.set(suite.name, outcome.verdict);
      said.push(describeOutcome(suite, outcome));
    }
  });
  console.error(`${mutant.name}: ${said.join(', ')}`);
  return { mutant, verdicts };
}

function describeOutcome({ name }: Suite, { verdict, ms, output }: Outcome): string {
  const detail = values.only === undefined ? '' : `\n${output.slice(-3000)}\n`;
  return `${name} ${verdict} (${seconds(ms)} s)${detail}`;
}

async function judgeAll(mutants: readonly Mutant[], trees: DisposableStack): Promise<void> {
  const groups = new Set(mutants.map((mutant) => groupOf(mutant)));
  const first = trees.use(new Tree());
  const suites = suitesOf(first.path).filter(({ group }) => groups.has(group));
  const limits = await limitsOf(first, suites);
  const more = Array.from({ length: Number(values.jobs) - 1 }, () => trees.use(new Tree()));
  const judged = new Map<Mutant, Judged>();
  const queue = [...mutants];
  const work = async (tree: Tree): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      judged.set(mutant, await judge(tree, mutant, limits));
    }
  };
  await Promise.all([first, ...more].map((tree) => work(tree)));
  const all = mutants.flatMap((mutant) => judged.get(mutant) ?? []);
  const measured = `Commit ${git('rev-parse', '--short', 'HEAD')}.\n\n${reportOf(all, suites)}`;
  console.log(measured);
  if (values.write) writeFileSync(page, pageWith(readFileSync(page, 'utf8'), measured));
  const killed = all.filter((one) => isKilled(one)).length;
  process.exitCode = killed >= leastKilled * all.length ? 0 : 1;
}

const trees = new DisposableStack();
const cleanUp = (): void => {
  runner[Symbol.dispose]();
  trees.dispose();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}
try {
  await judgeAll(wanted(), trees);
} finally {
  cleanUp();
}
