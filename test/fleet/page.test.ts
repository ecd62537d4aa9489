import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileOf, orderLine, statusLine, wazuhJson } from '../../fixtures/fleet/alerts';
import { FleetServer } from '../../fixtures/fleet/server';

let server: FleetServer;
let file: string;
const at = new Date(Date.now() - 3600_000);
beforeEach(() => {
  server = new FleetServer([]);
  file = join(server.home, 'page.html');
  const pc = { id: '011', name: 'pc-11' };
  const order = wazuhJson(at, pc, orderLine(at, 'add - 192.0.2.50 1.0 0 case=77'));
  const status = wazuhJson(
    new Date(at.getTime() + 60_000),
    pc,
    statusLine({ state: 'opened', case: '77' }),
    'contain-host',
  );
  server.keep(fileOf(at, '.json'), order + status);
});
afterEach(() => server.remove());

const old = 'the page of yesterday';

test('says who needs somebody, by orders and status lines together', () => {
  writeFileSync(file, old);
  expect(server.fleet('status', '--html', file)).toMatchObject({ exitCode: 0, stderr: '' });
  const page = readFileSync(file, 'utf8');
  expect(page).toContain('1 host needs attention now.');
  expect(page).toContain('an operator, handler 192.0.2.50, case 77');
  expect(page.match(/<rect /g)).toHaveLength(2);
  expect(server.fleet('status').stdout).toMatch(/^NOT CONTAINED, its case is open +011 pc-11 +since .* case 77/);
});

test('is not written through a link, which a neighbour may have put there', () => {
  const target = join(server.home, 'target');
  writeFileSync(target, old);
  symlinkSync(target, file);
  const { exitCode, stderr } = server.fleet('status', '--html', file);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/is a link or no plain file/);
  expect(readFileSync(target, 'utf8')).toBe(old);
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
});

test.each(['/dev/null', '/'])('is not put in the place of %s', (place) => {
  expect(server.fleet('status', '--html', place)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/no plain file/),
  });
});

test('that has no room on the disk leaves the old one, and no rest', () => {
  writeFileSync(file, old);
  const before = readdirSync(server.home);
  const program = resolve(__dirname, '../../dist/contain-host.js');
  const command = `ulimit -f 1; "${process.execPath}" "${program}" fleet status --html "${file}"`;
  const { status, stderr } = spawnSync('bash', ['-c', command], {
    encoding: 'utf8',
    env: { ...process.env, OSSECPATH: server.home },
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/cannot be written: /);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(readFileSync(file, 'utf8')).toBe(old);
  expect(readdirSync(server.home)).toEqual(before);
});

test('of two agents of one name that nothing tells apart says so', () => {
  writeFileSync(join(server.home, 'logs', 'alerts', 'unused'), '');
  server.keep('../../etc/client.keys', '021 twin any 0\n022 twin any 0\n');
  const twin = orderLine(at, 'add - 192.0.2.50 1.0 0');
  const text = `${JSON.stringify({ TimeStamp: at.getTime(), location: '(twin) any->active-response\\active-responses.log', full_log: twin })}\n`;
  server.keep(fileOf(at, '.json'), text);
  expect(server.fleet('status').stdout).toMatch(/^contained +twin \(agent 021 or 022\)/);
});
