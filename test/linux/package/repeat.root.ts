import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { dist } from './built';

const repository = resolve(__dirname, '..', '..', '..');
const elsewhere = mkdtempSync(join(tmpdir(), 'another folder '));
afterAll(() => rmSync(elsewhere, { recursive: true }));

/** The hash of every file to deploy; executable.root.ts compares them with the files. */
const hashes = (folder: string): string[] => readFileSync(join(folder, 'SHA256SUMS'), 'utf8').split('\n');

test('the same sources, built in another folder on another day, are the same bytes', () => {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const file of tracked.split('\0').filter((name) => name !== '' && !name.startsWith('dist/'))) {
    mkdirSync(dirname(join(elsewhere, file)), { recursive: true });
    cpSync(join(repository, file), join(elsewhere, file));
  }
  const cache = join('node_modules', '.cache', 'contain-host');
  // Packages as npm lays them, with nothing behind a link: esbuild names the parts by where their sources lie.
  cpSync(join(repository, 'node_modules'), join(elsewhere, 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => path !== join(repository, dirname(cache)),
  });
  mkdirSync(dirname(join(elsewhere, cache)), { recursive: true });
  symlinkSync(join(repository, cache), join(elsewhere, cache));
  mkdirSync(join(elsewhere, 'dist'), { recursive: true });
  const committedAt = execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: repository, encoding: 'utf8' });
  execFileSync('faketime', ['-f', '+2d', process.execPath, join(elsewhere, 'scripts', 'package.mjs')], {
    cwd: elsewhere,
    env: { ...process.env, SOURCE_DATE_EPOCH: committedAt.trim() },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(hashes(join(elsewhere, 'dist'))).toEqual(hashes(dist));
});
