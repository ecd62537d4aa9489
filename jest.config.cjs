const { availableParallelism } = require('node:os');

/** Most stand-ins are scripts, which only Linux starts. What decides without them is tried on Windows too. */
const folders = process.platform === 'win32' ? ['policy', 'request', 'outcome'] : ['.'];

module.exports = {
  testEnvironment: 'node',
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  transform: { '\\.(ts|xml)$': '<rootDir>/scripts/jest-esbuild.cjs' },
  setupFilesAfterEnv: ['<rootDir>/test/same-cases.ts'],
  // Most of them wait for processes of their own: with one for each core a third of the time is nobody's.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testTimeout: 60_000,
};
