import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expandable, typicalHost } from '../../fixtures/standin/hosts';
import { readRegFile } from '../../fixtures/standin/reg-reader';
import { ensureKey, mdmPath, paths, type RegistryTree } from '../../fixtures/standin/registry';
import { passes } from '../matrix/truth';
import { useWindows, type Windows } from './windows';

const newWindows = useWindows();

/** A PC of an office with a policy laid over it. */
function under(impose: (tree: RegistryTree) => void): { readonly registry: RegistryTree } {
  const { registry } = typicalHost();
  impose(registry);
  return { registry };
}

/** A policy as group policy leaves it in the registry. */
const recorded =
  (file: string) =>
  (tree: RegistryTree): void => {
    const policy = readRegFile(readFileSync(join(__dirname, '../../fixtures/gpo', file)));
    for (const [path, values] of Object.entries(policy.keys)) Object.assign(ensureKey(tree, path), values);
  };

/** As Microsoft's own baseline has it: nobody is asked, all is logged, and local rules do not count in public. */
function likeMicrosofts(tree: RegistryTree): void {
  for (const profile of ['DomainProfile', 'PrivateProfile', 'PublicProfile']) {
    const key = `${paths.gpo}\\${profile}`;
    const defaults = { DefaultInboundAction: 1, DefaultOutboundAction: 0 };
    Object.assign(ensureKey(tree, key), { EnableFirewall: 1, ...defaults, DisableNotifications: 1 });
    const all = { LogFileSize: 16_384, LogDroppedPackets: 1, LogSuccessfulConnections: 1 };
    Object.assign(ensureKey(tree, `${key}\\Logging`), all);
  }
  const noLocal = { AllowLocalPolicyMerge: 0, AllowLocalIPsecPolicyMerge: 0 };
  Object.assign(ensureKey(tree, `${paths.gpo}\\PublicProfile`), noLocal);
}

const moveTo = (windows: Windows, ...currentProfiles: readonly string[]): void =>
  writeFileSync(join(windows.system32, 'standin', 'settings.json'), JSON.stringify({ currentProfiles }));
const isOpen = (windows: Windows) => ({
  stranger: passes(windows, { remote: '203.0.113.66' }),
  server: passes(windows, { remote: '10.0.0.5', remotePort: 1514, protocol: 'udp' }),
  desktop: passes(windows, { remote: '203.0.113.66', direction: 'in', localPort: 3389, remotePort: 50_000 }),
});

/** As a program sees it. */
async function judgementOf(windows: Windows): Promise<{ state: string; gaps: string[] }> {
  const { output } = await windows.run('status', '--json');
  const { state, gaps } = JSON.parse(output) as { state: string; gaps: { code: string }[] };
  return { state, gaps: gaps.map(({ code }) => code) };
}

test.each([
  ['of the STIG', recorded('baseline-stig.reg')],
  ['of the NSA', recorded('baseline-nsa.reg')],
  ["like Microsoft's", likeMicrosofts],
])(
  'under a baseline %s: sealed in two profiles, and what it says follows the profile in force',
  async (_, baseline) => {
    const windows = newWindows().setUpHost(under(baseline));
    const before = windows.fingerprint();
    moveTo(windows, 'domain');
    expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 6 });
    expect(isOpen(windows)).toMatchObject({ stranger: [false, false, true], server: [true, true, true] });
    expect(await windows.run('status')).toMatchObject({
      output: expect.stringContaining('CONTAINED ONLY IN PART. Sealed in Domain and Private, OPEN in Public'),
    });
    moveTo(windows, 'public');
    expect(await judgementOf(windows)).toEqual({
      state: 'ineffective',
      gaps: expect.arrayContaining(['outbound-allowed-on-Public']),
    });
    expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 9 });
    expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
    expect(windows.fingerprint()).toBe(before);
  },
);

test('under rules of policy that let everybody in and out: contained, and as it was', async () => {
  const windows = newWindows().setUpHost(
    under((tree) => {
      const on = 'v2.31|Action=Allow|Active=TRUE|';
      Object.assign(ensureKey(tree, `${paths.gpo}\\FirewallRules`), {
        '{1}': `${on}Dir=Out|Protocol=6|RPort=443|Name=Web|`,
        '{2}': `${on}Dir=In|Protocol=6|LPort=3389|Name=Help desk|`,
      });
      ensureKey(tree, `${mdmPath}\\FirewallRules`)['{3}'] =
        `${on}Dir=In|RA4=LocalSubnet|RA6=LocalSubnet|Name=Neighbours|`;
    }),
  );
  const before = windows.fingerprint();
  const open = [true, true, true];
  const closed = [false, false, false];
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(isOpen(windows)).toEqual({ stranger: closed, server: open, desktop: closed });
  expect(await judgementOf(windows)).toEqual({ state: 'contained', gaps: [] });
  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.calls().filter(({ refused }) => refused)).toEqual([]);
});

test('under old exceptions, and values of the types that real registries have: contained, and as it was', async () => {
  const exceptions = under((tree) => {
    recorded('legacy-exceptions.reg')(tree);
    Object.assign(ensureKey(tree, `${paths.gpo}\\FirewallRules`), {
      '{1}': expandable('v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|Name=@FirewallAPI.dll,-28775|'),
      '{2}': 'v2.33|Action=Allow|Active=TRUE|Dir=In|Name=Xbox|PFN=Microsoft.GamingApp_8wekyb3d8bbwe|Edge=TRUE|',
    });
    ensureKey(tree, `${paths.gpo}\\DomainProfile\\GloballyOpenPorts`).AllowUserPrefMerge = 0;
    ensureKey(tree, `${paths.local}\\DomainProfile\\Logging`).LogFilePath = expandable('%systemroot%\\fw.log');
  });
  const windows = newWindows().setUpHost(exceptions);
  const before = windows.fingerprint();
  const closed = [false, false, false];
  expect(await windows.run('ADD', '-', '192.0.2.50')).toMatchObject({ exitCode: 0 });
  expect(isOpen(windows)).toEqual({ stranger: closed, server: [true, true, true], desktop: closed });
  expect(await windows.run('DELETE', '-', '-')).toMatchObject({ exitCode: 0 });
  expect(windows.fingerprint()).toBe(before);
  expect(windows.calls().filter(({ refused }) => refused)).toEqual([]);
});
