/** Writes the manual page and the completions into the folder that is named: node dist/manual.js FOLDER */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../../src/commands/table';
import { version } from '../../src/outcome/version';
import { bashCompletion, powershellCompletion } from './completions';
import { manualPage } from './manual-page';

const [folder = '.'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'contain-host.8'), manualPage(commands, version));
writeFileSync(join(folder, 'contain-host.bash'), bashCompletion(commands));
writeFileSync(join(folder, 'contain-host.ps1'), powershellCompletion(commands).replaceAll('\n', '\r\n'));
