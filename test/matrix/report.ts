import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** True in `npm run test:long`: everything is tried, nothing is left to represent others. */
export const isLong = process.env.TEST_LONG !== undefined;

/** Says a figure in the output of the tests, and leaves it where scripts find it. */
export function reportFigures(name: string, sentence: string, figures: object): void {
  const folder = resolve(__dirname, '../../dist/test-results');
  mkdirSync(folder, { recursive: true });
  const date = new Date().toISOString();
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ date, isLong, sentence, ...figures }, null, 2)}\n`);
  process.stdout.write(`${name}: ${sentence}\n`);
}
