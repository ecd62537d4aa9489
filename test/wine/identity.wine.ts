import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { description, name, version } from '../../package.json';
import { version as nodeVersion, platforms } from '../../scripts/package/node.json';
import { PortableExecutable } from './portable-executable';
import { built, helper, useWindows } from './windows';

const newWindows = useWindows();
const executable = built('contain-host.exe');

test('it says who it is, as a version resource and when asked', async () => {
  const windows = newWindows();
  windows.place(helper('version.exe'), windows.path('version.exe'));
  windows.place(executable, windows.path('contain-host.exe'));
  const details = await windows.start(['C:\\version.exe', 'C:\\contain-host.exe']);
  expect(details.output.trim().split(/\r?\n/)).toEqual([
    `ProductName=${name}`,
    `FileDescription=${description}`,
    `ProductVersion=${version}`,
    `FileVersion=${version}`,
    'OriginalFilename=contain-host.exe',
    'InternalName=contain-host',
  ]);
  const asked = await windows.start(['C:\\contain-host.exe', '--version']);
  expect(asked).toEqual({ exitCode: 0, output: `contain-host ${version}\n` });
});

test('nothing is left of the signature of the Node in it', () => {
  expect(new PortableExecutable(readFileSync(executable)).signatureSize).toBe(0);
  const verified = spawnSync('osslsigncode', ['verify', executable], { encoding: 'utf8' });
  expect(verified.stdout + verified.stderr).toMatch(/No signature found/);
});

test('every Windows reserves memory in the way that Wine and Server 2016 have', () => {
  expect(readFileSync(executable).includes('VirtualAlloc2')).toBe(false);
});

test('its sections stand in whole pages of the file, and what names places in the file names the right ones', () => {
  const { sectionStarts, debugRecords } = new PortableExecutable(readFileSync(executable));
  expect(sectionStarts.length).toBeGreaterThan(5);
  expect(sectionStarts.filter((start) => start % 4096 !== 0)).toEqual([]);
  expect(debugRecords.length).toBeGreaterThan(0);
  for (const { stated, found } of debugRecords) expect(stated).toBe(found);
});

test('it is at most one mebibyte larger than its Node, and the installer fits into 36', () => {
  const { package: packageName, executable: node } = platforms['win32-x64'];
  const base = join(helper('..'), `${packageName}-${nodeVersion}`, node);
  expect(statSync(executable).size - statSync(base).size).toBeLessThanOrEqual(1024 * 1024);
  expect(statSync(built('contain-host.msi')).size).toBeLessThanOrEqual(36 * 1024 * 1024);
});

test('the bill of materials names Node and each package that is bundled', () => {
  const document = JSON.parse(readFileSync(built('sbom.cdx.json'), 'utf8')) as {
    bomFormat: string;
    components: { purl: string }[];
  };
  expect(document.bomFormat).toBe('CycloneDX');
  const found = document.components.map(({ purl }) => purl.replace(/@[^@]*$/, ''));
  for (const part of ['generic/node', 'npm/fast-xml-parser', 'npm/ip-address', 'npm/winston']) {
    expect(found).toContain(`pkg:${part}`);
  }
  expect(found).not.toContain('pkg:npm/jest');
});

test('the hashes are those of the files', () => {
  const checked = spawnSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: built(''), encoding: 'utf8' });
  expect(checked.stdout.trim().split('\n').sort()).toEqual([
    `contain-host-${version}-linux-arm64.tar.gz: OK`,
    `contain-host-${version}-linux-x64.tar.gz: OK`,
    'contain-host-arm64: OK',
    'contain-host.exe: OK',
    'contain-host.msi: OK',
    'contain-host: OK',
    `contain-host_${version}_amd64.deb: OK`,
    `contain-host_${version}_arm64.deb: OK`,
    'sbom.cdx.json: OK',
  ]);
});
