// The packet suite: real packets on this machine's kernel, in network namespaces. Needs root; scripts/ci/install-linux-tools.sh.
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/linux/**/*.packets.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/jest-esbuild.cjs' },
  maxWorkers: 1,
  bail: 1,
  testTimeout: 120_000,
};
