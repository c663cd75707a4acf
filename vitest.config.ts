import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    include: ['test/**/*.test.ts'],
    // One for each of the two cores that a small machine has; by itself Vitest leaves one of them idle.
    maxWorkers: 2,
    // Loading what is tested takes as long as testing it: once for all files of a worker. A test leaves nothing behind.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // By itself a second, which is soon gone on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    env: {
      // Unit tests look at the template; bundling and CloudFormation validation belong to `cdk synth` in CI.
      CDK_VALIDATION: 'false',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  },
});
