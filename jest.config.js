const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', tsx: false },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/dist', '<rootDir>/.build'],
};

/** Projects: what needs npm alone (`npm test`), the same through real processes, real browsers, failures made on purpose, and what needs programs beside: an
 * emulator of AWS, or bash and the GNU utilities of an instance. */
export default {
  reporters: ['default', '<rootDir>/tools/count-reporter.js'],
  // For machines that others use too: a deadline, not a measurement.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/test'],
      testMatch: ['**/*.test.ts'],
      globalSetup: '<rootDir>/test/outside-jest/global-setup.ts',
      globalTeardown: '<rootDir>/test/outside-jest/global-teardown.ts',
      testPathIgnorePatterns: [
        '/test/end-to-end/',
        '/test/browser/',
        '/test/deploy/',
        '/test/drills/',
        '/test/faults/',
        '/test/conformance/',
        '/test/oca-agent/ec2/',
      ],
    },
    {
      ...shared,
      displayName: 'nginx',
      globals: { dataPlane: 'nginx' },
      roots: ['<rootDir>/test/oca-agent/delivery', '<rootDir>/test/conformance'],
      testMatch: [
        '**/delivery/{hits,misses,sessions}.test.ts',
        '**/delivery/http-cache/*.test.ts',
        '**/conformance/*.test.ts',
        '**/nginx/*.nginx-test.ts',
      ],
      globalSetup: '<rootDir>/test/outside-jest/global-setup.ts',
      globalTeardown: '<rootDir>/test/outside-jest/global-teardown.ts',
    },
    {
      ...shared,
      displayName: 'end-to-end',
      roots: ['<rootDir>/test/end-to-end'],
      testMatch: ['**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'browser',
      roots: ['<rootDir>/test/browser'],
      testMatch: ['**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'drills',
      roots: ['<rootDir>/test/drills'],
      testMatch: ['**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'conformance',
      roots: ['<rootDir>/test/conformance'],
      testMatch: ['**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'faults',
      roots: ['<rootDir>/test/faults'],
      testMatch: ['**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'deploy',
      roots: ['<rootDir>/test/deploy', '<rootDir>/test/oca-agent/ec2'],
      testMatch: ['**/*.test.ts'],
    },
  ],
};
