// Everything that is tried by samples in `npm test`, tried to the end, and every property ten times as often.
process.env.TEST_LONG = '1';

const folders = ['agent', 'firewall', 'matrix', 'outcome', 'policy', 'request', 'standin', 'state'];

module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  setupFilesAfterEnv: ['<rootDir>/test/ten-times.ts'],
  testTimeout: 1_200_000,
};
