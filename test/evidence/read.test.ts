import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Manifest, parseManifest } from '../../src/evidence/manifest';
import { openEvidence, readEvidence } from '../../src/evidence/read';
import { manifestOf, putStage } from './made';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'evidence-'));
});
afterEach(() => rmSync(state, { recursive: true }));

test('both stages of every snapshot are found, with the hashes of their manifests', () => {
  const folder = putStage(state, manifestOf('first', 'TCP 0.0.0.0:135'), 'TCP 0.0.0.0:135');
  putStage(state, manifestOf('second', 'x'), 'x');
  putStage(state, manifestOf('first', 'x', { case: '78', snapshot: '20261130T100000000Z' }), 'x');
  const { snapshots, problems } = readEvidence(state);
  expect(problems).toEqual([]);
  expect(snapshots.map((one) => [one.case, one.name, one.first?.manifest.stage, one.second?.manifest.stage])).toEqual([
    ['77', '20261130T092200123Z', 'first', 'second'],
    ['78', '20261130T100000000Z', 'first', undefined],
  ]);
  const bytes = readFileSync(join(folder, 'manifest.json'));
  expect(snapshots[0]?.first?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('without evidence there is none, and nothing to say', () => {
  expect(readEvidence(state)).toEqual({ snapshots: [], problems: [] });
});

test('a snapshot that was never finished is found, and claims nothing', () => {
  mkdirSync(join(state, 'evidence', '77', '20261130T092200123Z', 'first'), { recursive: true });
  expect(readEvidence(state)).toEqual({ snapshots: [{ case: '77', name: '20261130T092200123Z' }], problems: [] });
});

describe('a link in the place of', () => {
  const cases = [
    ['the folder of all evidence', ['evidence']],
    ['the folder of a case', ['evidence', '77']],
    ['a snapshot', ['evidence', '77', '20261130T092200123Z']],
    ['a stage', ['evidence', '77', '20261130T092200123Z', 'first']],
    ['a manifest', ['evidence', '77', '20261130T092200123Z', 'first', 'manifest.json']],
  ] as const;
  test.each(cases)('%s is named and not followed', (_what, names) => {
    putStage(state, manifestOf('first', 'x'), 'x');
    const path = join(state, ...names);
    const elsewhere = join(state, 'elsewhere');
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);
    const { snapshots, problems } = readEvidence(state);
    expect(snapshots.filter(({ first }) => first !== undefined)).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(join(...names))]);
    expect(() => openEvidence(state, ['evidence', '77', '20261130T092200123Z', 'first', 'manifest.json'])).toThrow(
      /link/,
    );
  });
});

test.each([
  ['no JSON', '{'],
  ['another file', '{"version":1}'],
  ['more than any manifest has', ' '.repeat(1024 * 1024 + 1)],
])('a manifest that is %s is named, and the others are read', (_what, text) => {
  const folder = putStage(state, manifestOf('first', 'x'), 'x');
  putStage(state, manifestOf('second', 'x'), 'x');
  writeFileSync(join(folder, 'manifest.json'), text);
  const { snapshots, problems } = readEvidence(state);
  expect(snapshots[0]?.first).toBeUndefined();
  expect(snapshots[0]?.second?.manifest.stage).toBe('second');
  expect(problems).toEqual([expect.stringContaining(join('first', 'manifest.json'))]);
});

describe('a manifest', () => {
  const good = manifestOf('first', 'x');
  const [item] = good.items as [Manifest['items'][number]];
  const withFile = (file: string): string =>
    JSON.stringify({ ...good, items: [{ ...item, files: [{ ...item.files[0], file }] }] });

  test('is read back as it was written', () => {
    expect(parseManifest(JSON.stringify(good))).toEqual(good);
    expect(parseManifest(withFile('processes-of-users.err.txt'))).toBeDefined();
  });

  test.each(['../secret', '/etc/shadow', 'a/b', 'a\\b', '..', '.', '', 'C:x', 'manifest.json', 'x:stream', 'a\n.txt'])(
    'that names the file %j is none of ours',
    (file) => {
      expect(parseManifest(withFile(file))).toBeUndefined();
    },
  );

  test('whatever was made of one field: it is read, or it is none, and nothing is thrown', () => {
    const field = fc.constantFrom(...Object.keys(good));
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) => {
        const found = parseManifest(JSON.stringify({ ...good, [name]: value }));
        const files = found?.items.flatMap(({ files }) => files) ?? [];
        expect(files.every(({ file }) => !/[/\\]/.test(file))).toBe(true);
        if (found !== undefined) expect(found.items.every(({ source }) => Array.isArray(source))).toBe(true);
      }),
    );
  });
});
