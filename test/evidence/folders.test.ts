import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, win32 } from 'node:path';
import fc from 'fast-check';
import { isFolderName, makeFolders } from '../../src/evidence/folders';

test.each(['77', 'INC-2026-0077', 'a.b_c', 'x'.repeat(64), 'concern'])('%s can be the name of a folder', (number) => {
  expect(isFolderName(number)).toBe(true);
});

test.each([
  '',
  '.',
  '..',
  '-1',
  '.hidden',
  'a.',
  'con',
  'NUL',
  'com1',
  'Lpt9.txt',
  'aux.77',
  'a/b',
  'a\\b',
  'C:',
  'a\n',
  'x'.repeat(65),
])('%j cannot', (number) => expect(isFolderName(number)).toBe(false));

test('whatever is taken for a name of a folder is one step down, on every system', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/)), (number) => {
      if (!isFolderName(number)) return;
      expect(basename(join('/a', number))).toBe(number);
      expect(win32.relative('C:\\a', win32.join('C:\\a', number))).toBe(number);
    }),
  );
});

describe('making folders', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'folders-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('makes what is missing, takes what is there, and minds where the last one must be new', () => {
    expect(makeFolders(root, ['a', 'b'])).toBe(join(root, 'a', 'b'));
    expect(makeFolders(root, ['a', 'c'], true)).toBe(join(root, 'a', 'c'));
    expect(() => makeFolders(root, ['a', 'c'], true)).toThrow(/EEXIST/);
  });

  test('goes through no link and no file', () => {
    symlinkSync(tmpdir(), join(root, 'link'));
    writeFileSync(join(root, 'file'), '');
    expect(() => makeFolders(root, ['link', 'x'])).toThrow(/is a link/);
    expect(() => makeFolders(root, ['file', 'x'])).toThrow(/is no folder/);
  });

  test('does not make the root: where the state folder is gone, nothing comes back', () => {
    expect(() => makeFolders(join(root, 'gone'), ['a'])).toThrow(/ENOENT/);
  });
});
