import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const run = (program: string, args: readonly string[], env: Record<string, string> = {}, cwd = root) =>
  spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, ...env } });
const script = (name: string): string => join(root, 'scripts', 'release', name);

test('the notes of a release are what the change log says of that version', () => {
  const log = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const [, version = '', ...rest] = /^## (\S+)[^\n]*\n\n([^\n]*)/m.exec(log) ?? [];
  const { status, stdout } = run(process.execPath, [script('notes.mjs'), version]);
  expect(status).toBe(0);
  expect(stdout.split('\n')[0]).toBe(rest[0]);
});

test.each([
  ['9.9.9', 'CHANGELOG.md has no section "## 9.9.9".'],
  ['', 'Which version?'],
])('version "%s" has no notes', (version, reason) => {
  const { status, stderr } = run(process.execPath, [script('notes.mjs'), ...(version === '' ? [] : [version])]);
  expect(status).toBe(1);
  expect(stderr).toContain(reason);
});

test('a tag that is not the version is not published', () => {
  const { status, stderr } = run(process.execPath, [script('check.mjs'), 'v9.9.9']);
  expect(status).toBe(1);
  expect(stderr).toContain('The tag is v9.9.9, package.json says');
});

test('without a certificate nothing is signed, and that is said', () => {
  const { status, stdout } = run('sh', [script('sign.sh')], { PFX: '' });
  expect(status).toBe(0);
  expect(stdout).toContain('stay unsigned');
});

test('what is published is what the hashes name, and the hashes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  mkdirSync(join(folder, 'scripts', 'release'), { recursive: true });
  mkdirSync(join(folder, 'dist'));
  const copy = join(folder, 'scripts', 'release', 'publish.sh');
  writeFileSync(copy, readFileSync(script('publish.sh')));
  writeFileSync(join(folder, 'dist', 'SHA256SUMS'), `${'0'.repeat(64)}  one.exe\n${'1'.repeat(64)}  two.msi\n`);
  const { status, stdout } = run('sh', [copy, 'v1.2.3', 'notes.md'], { GH: 'echo' }, folder);
  rmSync(folder, { recursive: true });
  expect(status).toBe(0);
  expect(stdout.trim()).toBe(
    `release create v1.2.3 --title contain-host 1.2.3 --notes-file ${folder}/notes.md --verify-tag SHA256SUMS one.exe two.msi`,
  );
});
