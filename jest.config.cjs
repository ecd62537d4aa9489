module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-esbuild.cjs' },
  // Most of them wait for processes of their own, so that one for each core is not too many.
  maxWorkers: '100%',
  testTimeout: 60_000,
};
