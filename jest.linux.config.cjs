const { transform } = require('./jest.config.cjs');

/**
 * What runs on this machine's own kernel, with the executable and the packages that ship: real packets and rules in network
 * namespaces, packages in a throwaway root. Needs root; scripts/ci/install-linux-tools.sh.
 */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/linux/**/*.root.ts'],
  transform,
  globalSetup: '<rootDir>/test/linux/set-up.mjs',
  maxWorkers: 1,
  testTimeout: 300_000,
};
