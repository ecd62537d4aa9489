import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../../package.json';
import { dist } from './built';

const home = mkdtempSync(join(tmpdir(), 'arm64-'));
mkdirSync(join(home, 'etc'));
writeFileSync(
  join(home, 'etc', 'ossec.conf'),
  '<ossec_config><client><server-ip>10.0.0.5</server-ip></client></ossec_config>',
);
afterAll(() => rmSync(home, { recursive: true }));

/**
 * Runs the executable for arm64 on this machine, whatever its processor: by QEMU, with a C library from Debian's cross
 * packages.
 */
function run(...args: string[]): { status: number | null; stdout: string } {
  const program = join(dist, 'contain-host-arm64');
  return spawnSync('qemu-aarch64-static', ['-L', '/usr/aarch64-linux-gnu', program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, OSSECPATH: home },
  });
}

test('it says its version', () => {
  expect(run('--version')).toMatchObject({ status: 0, stdout: `contain-host ${version}\n` });
});

test('it plans what the one for x64 plans', () => {
  const { status, stdout } = run('plan', 'add', '-', '192.0.2.50', '--json');
  const onX64 = spawnSync(join(dist, 'contain-host'), ['plan', 'add', '-', '192.0.2.50', '--json'], {
    encoding: 'utf8',
    env: { ...process.env, OSSECPATH: home },
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(onX64.stdout));
});

test('it reads what is in force through the nft of this host', () => {
  const { status, stdout } = run('status', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ state: 'not-contained', unreadable: [] });
});

test.each([
  ['dpkg-deb', ['--field', `contain-host_${version}_arm64.deb`, 'Architecture'], /^arm64$/],
  ['tar', ['--list', '--file', `contain-host-${version}-linux-arm64.tar.gz`], /^contain-host-[^/]+\/install\.sh$/],
])('its packages are for it: %s', (program, args, expected) => {
  expect(execFileSync(program, args, { cwd: dist, encoding: 'utf8' }).split('\n')).toContainEqual(
    expect.stringMatching(expected),
  );
});
