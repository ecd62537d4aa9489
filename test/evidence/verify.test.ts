import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { readEvidence } from '../../src/evidence/read';
import { type Verified, verify } from '../../src/evidence/verify';
import { manifestOf, putStage } from './made';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'evidence-'));
  const first = putStage(state, manifestOf('first', 'TCP 0.0.0.0:135'), 'TCP 0.0.0.0:135');
  const firstManifest = createHash('sha256')
    .update(readFileSync(join(first, 'manifest.json')))
    .digest('hex');
  putStage(state, manifestOf('second', 'drivers', { firstManifest }), 'drivers');
});
afterEach(() => rmSync(state, { recursive: true }));

/** All files below a folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

function verifyAll(): Verified & { readonly problems: readonly string[] } {
  const { snapshots, problems } = readEvidence(state);
  const all = snapshots.map((snapshot) => verify(state, snapshot));
  return { problems, findings: all.flatMap((one) => one.findings), present: all.flatMap((one) => one.present) };
}
const complaints = (): string[] => {
  const { problems, findings } = verifyAll();
  return [...problems, ...findings];
};

test('what is as its manifests say is whole', () => {
  expect(complaints()).toEqual([]);
  expect(verifyAll().present.map(({ names }) => names.slice(3).join('/'))).toEqual([
    ...['first/manifest.sha256', 'first/connections.txt', 'first/manifest.json'],
    ...['second/manifest.sha256', 'second/connections.txt', 'second/manifest.json'],
  ]);
});

test('one changed bit is found, in whichever file and wherever in it', () => {
  const files = filesIn(join(state, 'evidence'));
  expect(files).toHaveLength(6);
  for (const file of files) {
    const good = readFileSync(file);
    for (let at = 0; at < good.length; at += 5) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(file, bad);
      const found = complaints().join('\n');
      expect({ file, at, found }).toEqual({
        file,
        at,
        found: expect.stringContaining(relative(state, join(file, '..', '..'))),
      });
    }
    writeFileSync(file, good);
  }
});

const snapshot = join('evidence', '77', '20261130T092200123Z');
const file = join(snapshot, 'first', 'connections.txt');

test.each<[string, (path: string) => void, RegExp]>([
  ['is missing', (path) => rmSync(path), /connections\.txt: it is missing/],
  ['has grown', (path) => writeFileSync(path, 'x', { flag: 'a' }), /connections\.txt: it has 16 bytes, and had 15/],
  ['was added', (path) => writeFileSync(`${path}.exe`, ''), /connections\.txt\.exe: no manifest names it/],
])('a file that %s is named', (_what, change, message) => {
  change(join(state, file));
  expect(complaints()).toEqual([expect.stringMatching(message)]);
});

test('a link in the place of a file is named, not followed and not packed', () => {
  const path = join(state, file);
  const elsewhere = join(state, 'same content');
  renameSync(path, elsewhere);
  symlinkSync(elsewhere, path);
  expect(complaints()).toEqual([expect.stringMatching(/connections\.txt: it was left alone: .*link/)]);
  expect(verifyAll().present.map(({ names }) => names.join('/'))).not.toContain(file);
});

test('a stage that was put in the place of another, and a first stage that was made anew, are named', () => {
  const stage = join(state, snapshot, 'first');
  const other = putStage(state, manifestOf('first', 'other', { snapshot: '20261130T100000000Z' }), 'other');
  rmSync(stage, { recursive: true });
  renameSync(other, stage);
  rmSync(join(other, '..'), { recursive: true });
  expect(complaints()).toEqual([
    expect.stringMatching(/first.manifest\.json: it is of another snapshot \(77, 20261130T100000000Z, first\)/),
    expect.stringMatching(/second.manifest\.json: the hash that it names is not that of the first manifest/),
  ]);
});

test('a stage without a manifest is no evidence, and said to be none', () => {
  rmSync(join(state, snapshot, 'second', 'manifest.json'));
  expect(complaints()).toEqual([expect.stringMatching(/second: it has no manifest: it is not finished yet/)]);
});
