const { transform } = require('../../jest.config.cjs');

/** The executable and the installer that ship, run under Wine. Kept apart from `npm test`, which needs no Wine. */
module.exports = {
  rootDir: '../..',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/wine/*.wine.ts'],
  transform,
  globalSetup: '<rootDir>/test/wine/set-up.mjs',
  // Some of them wait for a program that hangs.
  maxWorkers: 3,
  testTimeout: 180_000,
};
