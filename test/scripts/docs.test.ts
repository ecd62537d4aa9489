import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { letThrough, picture } from '../../scripts/manual/picture';
import { recordSession } from '../../scripts/manual/session';

const doc = (name: string): string => readFileSync(resolve(__dirname, '../../docs', name), 'utf8');

// Where one of these differs: npm run docs, and look at what has changed.
test('the picture of who can talk to whom is what the policy lets through', () => {
  expect(letThrough()).toEqual(['OSSEC or Wazuh server', 'Incident handler', 'DHCP server']);
  expect(doc('who-can-talk.svg')).toBe(picture());
});

test('the session in the manual is what stands on the screen', async () => {
  const session = await recordSession();
  expect(doc('session.txt')).toBe(session);
  expect(session).toMatch(/^Contained\.$/m);
  expect(session).toMatch(/^This host is CONTAINED\.$/m);
  expect(session).toMatch(/^Released: /m);
});
