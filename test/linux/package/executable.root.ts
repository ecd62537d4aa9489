import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../../package.json';
import { version as nodeVersion, platforms } from '../../../scripts/package/node.json';
import { dist, executable, workshop } from './built';

const folder = mkdtempSync(join(tmpdir(), 'executable '));
afterAll(() => rmSync(folder, { recursive: true }));

const sprung = join(folder, 'sprung');
const trap = join(folder, 'trap.js');
const openSslConfiguration = join(folder, 'trap.cnf');
mkdirSync(join(folder, 'etc'));
writeFileSync(
  join(folder, 'etc', 'ossec.conf'),
  '<ossec_config><client><server-ip>10.0.0.5</server-ip></client></ossec_config>',
);
writeFileSync(trap, `require('fs').writeFileSync(${JSON.stringify(sprung)}, '')`);
writeFileSync(
  openSslConfiguration,
  `nodejs_conf = start
[start]
providers = list
[list]
trap = trap
[trap]
module = ${folder}/none.so
activate = 1
`,
);

/** The same program for the same Node, before it became one executable. */
const asScript = [
  join(workshop, `${platforms['linux-x64'].package}-${nodeVersion}`, platforms['linux-x64'].executable),
  join(workshop, 'parts', 'contain-host.js'),
];

/** Everything a run shows: how it ended, what it printed, and whether a trap was sprung. */
function plan([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): unknown {
  const { status, stdout, stderr } = spawnSync(program, [...args, 'plan', 'add', '-', '192.0.2.50', '--json'], {
    encoding: 'utf8',
    cwd: folder,
    env: { OSSECPATH: folder, ...env },
  });
  const wasSprung = existsSync(sprung);
  rmSync(sprung, { recursive: true, force: true });
  return { status, stdout, stderr, wasSprung };
}

test.each([
  ['NODE_OPTIONS', `--require "${trap}"`],
  ['NODE_OPTIONS', '--nonsense'],
  ['NODE_V8_COVERAGE', sprung],
  ['NODE_COMPILE_CACHE', sprung],
  ['OPENSSL_CONF', openSslConfiguration],
])('%s=%s does nothing to it, and something to the Node in it', (name, value) => {
  const undisturbed = plan([executable]);
  expect(undisturbed).toMatchObject({ status: 0, stderr: '', wasSprung: false });
  expect(plan(asScript, { [name]: value })).not.toEqual(undisturbed);
  expect(plan([executable], { [name]: value })).toEqual(undisturbed);
});

test('options for Node are arguments like others', () => {
  const { status, stderr } = spawnSync(executable, ['--require', trap], { encoding: 'utf8', cwd: folder });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^.*--require/);
  expect(existsSync(sprung)).toBe(false);
});

test('it is at home on every Linux with glibc 2.28', () => {
  const needed = [...readFileSync(executable, 'latin1').matchAll(/\0GLIBC_2\.(\d+)/g)].map(([, minor]) =>
    Number(minor),
  );
  expect(needed.length).toBeGreaterThan(0);
  expect(Math.max(...needed)).toBeLessThanOrEqual(28);
});

test('the hashes are those of the files, and the Linux ones are among them', () => {
  const { stdout } = spawnSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: dist, encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toEqual(
    expect.arrayContaining([
      'contain-host: OK',
      `contain-host_${version}_amd64.deb: OK`,
      `contain-host-${version}-linux-x64.tar.gz: OK`,
      'contain-host-arm64: OK',
      `contain-host_${version}_arm64.deb: OK`,
      `contain-host-${version}-linux-arm64.tar.gz: OK`,
    ]),
  );
  expect(stdout).not.toContain('FAILED');
});

test('the bill of materials is that of every executable', () => {
  const { metadata } = JSON.parse(readFileSync(join(dist, 'sbom.cdx.json'), 'utf8')) as {
    metadata: { component: { components: { name: string }[] } };
  };
  expect(metadata.component.components.map(({ name }) => name).sort()).toEqual([
    'contain-host',
    'contain-host-arm64',
    'contain-host.exe',
  ]);
});
