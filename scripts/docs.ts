/** Writes the parts of the manual that come from the program: npm run docs */
import { writeFileSync } from 'node:fs';
import { picture } from './manual/picture';
import { recordSession } from './manual/session';

async function write(): Promise<void> {
  writeFileSync('docs/who-can-talk.svg', picture());
  writeFileSync('docs/session.txt', await recordSession());
}

write().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
