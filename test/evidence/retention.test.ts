import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeOldEvidence } from '../../src/evidence/retention';
import type { RequestedBy } from '../../src/request/request';
import { manifestOf, putStage } from './made';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'retention-'));
});
afterEach(() => rmSync(state, { recursive: true }));

const day = (number: number): string => `202611${String(number).padStart(2, '0')}T120000000Z`;
const put = (name: string, snapshot: string, requestedBy: RequestedBy, content = 'x'): string =>
  putStage(
    state,
    manifestOf('first', content, { case: name, snapshot, order: { at: '2026-11-01T12:00:00Z', requestedBy } }),
    content,
  );
const now = Date.parse('2026-11-30T12:00:00Z');
const unlimited = { bytes: Number.POSITIVE_INFINITY, snapshots: Number.POSITIVE_INFINITY };

test('within the limits everything stays', () => {
  put('1', day(1), 'alert');
  expect(removeOldEvidence(state, now, unlimited)).toEqual([]);
  expect(existsSync(join(state, 'evidence', '1'))).toBe(true);
});

test("beyond them an alert's goes before an operator's, and the oldest first", () => {
  put('old-operator', day(1), 'operator');
  put('new-alert', day(9), 'alert');
  put('old-alert', day(5), 'alert');
  put('new-operator', day(10), 'operator');
  const removedFor = (snapshots: number): string[] => removeOldEvidence(state, now, { ...unlimited, snapshots });
  expect(removedFor(3)).toEqual(['old-alert']);
  expect(removedFor(1)).toEqual(['new-alert', 'old-operator']);
  expect(existsSync(join(state, 'evidence', 'new-operator'))).toBe(true);
});

test('a case goes whole, and its age is that of its newest snapshot', () => {
  put('long', day(1), 'operator');
  put('long', day(8), 'operator');
  put('short', day(5), 'operator');
  expect(removeOldEvidence(state, now, { ...unlimited, snapshots: 2 })).toEqual(['short']);
});

test('bytes count as well as numbers', () => {
  put('large', day(1), 'operator', 'x'.repeat(200_000));
  put('small', day(2), 'operator');
  expect(removeOldEvidence(state, now, { ...unlimited, bytes: 100_000 })).toEqual(['large']);
});

test('what was collected since the open case began stays, however much it is', () => {
  put('open', day(12), 'alert');
  put('before', day(3), 'operator');
  const caseSince = Date.parse('2026-11-12T12:00:20Z');
  expect(removeOldEvidence(state, caseSince, { bytes: 0, snapshots: 0 })).toEqual(['before']);
});

test('a link is not followed, and what it leads to stays', () => {
  const elsewhere = join(state, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'mine'), 'x'.repeat(200_000));
  const folder = put('1', day(1), 'operator');
  symlinkSync(elsewhere, join(folder, 'link'));
  symlinkSync(elsewhere, join(state, 'evidence', 'case-link'));
  expect(removeOldEvidence(state, now, { ...unlimited, bytes: 100_000 })).toEqual([]);
  expect(removeOldEvidence(state, now, { bytes: 0, snapshots: 0 })).toEqual(['1']);
  expect(existsSync(join(elsewhere, 'mine'))).toBe(true);
});
