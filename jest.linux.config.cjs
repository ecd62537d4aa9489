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
  // Each file has networks and folders of its own, and waits much of its time.
  maxWorkers: 2,
  testTimeout: 300_000,
};
