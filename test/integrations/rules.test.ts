import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditLine, type Status } from '../../src/outcome/audit';
import type { Request } from '../../src/request/request';

const rules = readFileSync(join(__dirname, '../../integrations/ossec/local_rules.xml'), 'utf8');
/** `<match>` is a list of plain texts, any of which the line holds (OSSEC's OS_Match). */
const matches = [...rules.matchAll(/<rule id="(\d+)"[\s\S]*?<match>([^<]*)<\/match>/g)].map(([, id, texts]) => ({
  id,
  texts: String(texts).split('|'),
}));

const request: Request = { action: 'add', dialect: 'ossec', requestedBy: 'operator', address: '192.0.2.50' };
const now = new Date('2026-11-25T03:18:00Z');

test.each<[Status, string]>([
  ['add-started', '100900'],
  ['add', '100901'],
  ['add-degraded', '100902'],
  ['add-ineffective', '100903'],
  ['add-failed', '100904'],
  ['delete', '100905'],
  ['delete-failed', '100906'],
])('the line of %s hits rule %s and no other', (status, id) => {
  for (const platform of ['windows', 'linux'] as const) {
    const line = auditLine(platform, { status, request, words: ['exit=6'] }, now);
    expect(matches.filter(({ texts }) => texts.some((text) => line.includes(text))).map((rule) => rule.id)).toEqual([
      id,
    ]);
  }
});
