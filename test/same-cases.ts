import { configureGlobal } from 'fast-check';

/**
 * Set up before each test file of `npm test`: properties draw the same cases each time, so that a run that fails tells
 * of a change, and fails again. `npm run test:long` draws others each time.
 */
configureGlobal({ seed: 20_261_130 });
