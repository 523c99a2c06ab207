import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** One folder of `test/` is one project. What several projects may wait for differs, so the limits do too. */
interface ProjectLimits {
  readonly name: string;
  readonly testTimeoutMs: number;
  /** One file after the other, in one process: for what owns a real engine, the disk or the clock. */
  readonly sequential: boolean;
}

const projects: readonly ProjectLimits[] = [
  { name: 'tidy', testTimeoutMs: 120_000, sequential: false },
  { name: 'unit', testTimeoutMs: 60_000, sequential: false },
  { name: 'conformance', testTimeoutMs: 60_000, sequential: false },
  { name: 'sim', testTimeoutMs: 300_000, sequential: false },
  { name: 'integration', testTimeoutMs: 300_000, sequential: true },
  { name: 'e2e', testTimeoutMs: 300_000, sequential: true },
  { name: 'bench', testTimeoutMs: 600_000, sequential: true },
];

function projectConfig(limits: ProjectLimits): TestProjectInlineConfiguration {
  return {
    test: {
      name: limits.name,
      include: [`test/${limits.name}/**/*.test.ts`],
      exclude: ['test/testdata/**'],
      pool: 'forks',
      testTimeout: limits.testTimeoutMs,
      // What differs is all that a reader of the log of a run has.
      chaiConfig: { truncateThreshold: 0 },
      hookTimeout: limits.testTimeoutMs,
      ...(limits.sequential ? { maxWorkers: 1, fileParallelism: false } : {}),
    },
  };
}

export default defineConfig({
  test: {
    projects: projects.map(projectConfig),
    coverage: {
      provider: 'v8',
      include: ['{common,proto,manager,worker,node,cli}/**/*.ts'],
      reportsDirectory: 'coverage',
    },
  },
});
