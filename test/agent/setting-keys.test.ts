import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingKeys } from '../../src/agent/settings';

test('the page of the settings has a section for every key, and for no other', () => {
  const page = readFileSync(join(__dirname, '../../docs/settings.md'), 'utf8');
  const sections = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, key]) => key);
  expect(sections.sort()).toEqual([...settingKeys].sort());
});
