// Adds up what `run.sh` left in a directory of reports: what failed and why, a line for each part, then `N passed, N failed, N skipped`.
// Fails if anything failed, and with CI=true also if a test against the real engine was skipped.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileReport[];
}

interface FileReport {
  readonly name: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** Characters of a failure that are repeated at the end, where a long log is looked at first. */
const failureChars = 1500;

/** A part that ended badly without a failed test (it crashed, or a file did not load) counts as one failure. */
function countPart(directory: string, part: string): Counts & { readonly failures: string[] } {
  const endedWell = readFileSync(join(directory, `${part}.code`), 'utf8').trim() === '0';
  const path = join(directory, `${part}.json`);
  if (!existsSync(path)) {
    return { passed: endedWell ? 1 : 0, failed: endedWell ? 0 : 1, skipped: 0, failures: [] };
  }
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  return {
    passed: report.numPassedTests,
    failed: Math.max(report.numFailedTests, endedWell ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(failuresOf),
  };
}

function failuresOf({ name, message, assertionResults }: FileReport): string[] {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const tests = failed.map(({ fullName, failureMessages }) =>
    `FAILED ${file} > ${fullName}\n${failureMessages.join('\n')}`.slice(0, failureChars),
  );
  return message === '' ? tests : [...tests, `FAILED ${file}\n${message}`.slice(0, failureChars)];
}

function describeCounts(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

function summarize(directory: string): number {
  const parts = readdirSync(directory)
    .filter((name) => name.endsWith('.code'))
    .map((name) => name.slice(0, -'.code'.length));
  const lines: string[] = [];
  const failures: string[] = [];
  let total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const part of parts) {
    const counts = countPart(directory, part);
    const mayNotSkip = process.env['CI'] === 'true' && (part === 'integration' || part === 'e2e');
    const forbidden = mayNotSkip ? counts.skipped : 0;
    failures.push(...counts.failures);
    lines.push(`${part}: ${describeCounts(counts)}`);
    if (forbidden > 0) lines.push(`${part}: here no test may be skipped, so these count as failed`);
    total = {
      passed: total.passed + counts.passed,
      failed: total.failed + counts.failed + forbidden,
      skipped: total.skipped + counts.skipped - forbidden,
    };
  }
  process.stdout.write(`${[...failures, ...lines].join('\n')}\n${describeCounts(total)}\n`);
  return total.failed === 0 && parts.length > 0 ? 0 : 1;
}

process.exitCode = summarize(process.argv[2] ?? '.');
