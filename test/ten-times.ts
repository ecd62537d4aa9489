/** Set up before each test file of `npm run test:long`: every property is tried ten times as often. */
jest.mock('fast-check', () => {
  const real = jest.requireActual<typeof import('fast-check')>('fast-check');
  const assert = (...[property, parameters]: Parameters<typeof real.assert>): Promise<void> | void =>
    real.assert(property, { ...parameters, numRuns: 10 * (parameters?.numRuns ?? 100) });
  return { ...real, __esModule: true, default: { ...real.default, assert } };
});
