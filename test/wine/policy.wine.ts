import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expandable, typicalHost } from '../../fixtures/standin/hosts';
import { readRegFile } from '../../fixtures/standin/reg-reader';
import { ensureKey, paths, type RegistryTree } from '../../fixtures/standin/registry';
import { passes } from '../matrix/truth';
import { useWindows, type Windows } from './windows';

const newWindows = useWindows();

/** A PC of an office under a policy. */
function under(file: string, more: (tree: RegistryTree) => void = () => {}): RegistryTree {
  const { registry } = typicalHost();
  const policy = readRegFile(readFileSync(join(__dirname, '../../fixtures/gpo', file)));
  for (const [path, values] of Object.entries(policy.keys)) Object.assign(ensureKey(registry, path), values);
  more(registry);
  return registry;
}

const moveTo = (windows: Windows, ...currentProfiles: readonly string[]): void =>
  writeFileSync(join(windows.system32, 'standin', 'settings.json'), JSON.stringify({ currentProfiles }));
const isOpen = (windows: Windows) => ({
  stranger: passes(windows, { remote: '203.0.113.66' }),
  server: passes(windows, { remote: '10.0.0.5', remotePort: 1514, protocol: 'udp' }),
  desktop: passes(windows, { remote: '203.0.113.66', direction: 'in', localPort: 3389, remotePort: 50_000 }),
});

test('under the baseline of the STIG: sealed in two profiles, and what it says follows the profile in force', async () => {
  const windows = newWindows().setUpHost({ registry: under('baseline-stig.reg'), settings: {} });
  const before = windows.fingerprint();
  moveTo(windows, 'domain');
  const { exitCode, output } = await windows.run('ADD', '-', '192.0.2.50');
  expect([exitCode, output]).toEqual([6, expect.stringContaining('Sealed in Domain and Private, OPEN in Public')]);
  expect(isOpen(windows)).toMatchObject({ stranger: [false, false, true], server: [true, true, true] });
  moveTo(windows, 'public');
  expect(await windows.run('status')).toMatchObject({
    output: expect.stringContaining('[outbound-allowed-on-Public]'),
  });
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 9 });
  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
});

test('under old exceptions, and values of the types that real registries have: contained, and as it was', async () => {
  const registry = under('legacy-exceptions.reg', (tree) => {
    Object.assign(ensureKey(tree, `${paths.gpo}\\FirewallRules`), {
      '{1}': expandable('v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Name=@FirewallAPI.dll,-28775|'),
      '{2}': 'v2.33|Action=Allow|Active=TRUE|Dir=In|Name=Xbox|PFN=Microsoft.GamingApp_8wekyb3d8bbwe|Edge=TRUE|',
    });
    ensureKey(tree, `${paths.gpo}\\DomainProfile\\GloballyOpenPorts`).AllowUserPrefMerge = 0;
    ensureKey(tree, `${paths.local}\\DomainProfile\\Logging`).LogFilePath = expandable('%systemroot%\\fw.log');
  });
  const windows = newWindows().setUpHost({ registry, settings: {} });
  const before = windows.fingerprint();
  const closed = [false, false, false];
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(isOpen(windows)).toEqual({ stranger: closed, server: [true, true, true], desktop: closed });
  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.calls().filter(({ refused }) => refused)).toEqual([]);
});
