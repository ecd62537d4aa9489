// Prints what CHANGELOG.md says of a version: node scripts/release/notes.mjs 1.2.3
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finish, Missing, root } from '../package/workshop.mjs';

await finish(() => {
  const version = process.argv[2];
  if (!version) throw new Missing('Which version? node scripts/release/notes.mjs 1.2.3');
  const sections = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Missing(`CHANGELOG.md has no section "## ${version}".`);
  console.log(section.slice(section.indexOf('\n')).trim());
});
