// Everything that is tried by samples in `npm test`, tried to the end.
process.env.TEST_LONG = '1';

module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: ['<rootDir>/test/matrix/**/*.test.ts'],
};
