import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const unit = readFileSync(join(__dirname, '../../scripts/linux/contain-host-names.service'), 'utf8');
const lines = '192.0.2.10 mgr.example.net # contain-host\n2001:db8::10 mgr.example.net # contain-host\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'names-unit-'));
  writeFileSync(join(folder, 'pinned-names'), lines);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Does what systemd does with its command, on files of ours. */
function start(): void {
  const command = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1] ?? '';
  const here = command
    .replaceAll('$$', '$')
    .replaceAll('/var/lib/contain-host', folder)
    .replaceAll('/etc/hosts', join(folder, 'hosts'));
  expect(spawnSync('/bin/sh', ['-c', here]).status).toBe(0);
}

test.each([
  ['written anew', '127.0.0.1 localhost\n', `127.0.0.1 localhost\n${lines}`],
  ['without an end of its last line', '127.0.0.1 localhost', `127.0.0.1 localhost\n${lines}`],
  ['empty', '', lines],
  ['that has one of them', `${lines.split('\n')[0]}\n`, lines],
  ['as we left it', `127.0.0.1 localhost\n${lines}`, `127.0.0.1 localhost\n${lines}`],
])('a hosts file %s gets the names of a contained host again, once', (_what, found, wanted) => {
  writeFileSync(join(folder, 'hosts'), found);
  start();
  start();
  expect(readFileSync(join(folder, 'hosts'), 'utf8')).toBe(wanted);
});

test('a link in its place is left alone', () => {
  writeFileSync(join(folder, 'target'), 'whole');
  symlinkSync(join(folder, 'target'), join(folder, 'hosts'));
  start();
  expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('whole');
});

test('it does nothing on a host that was not contained', () => {
  expect(unit).toMatch(/^ConditionPathExists=\/var\/lib\/contain-host\/pinned-names$/m);
});
