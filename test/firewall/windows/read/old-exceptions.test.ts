import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOldExceptions } from '../../../../src/firewall/windows/read/old-exceptions';
import { readManagedPolicies } from '../../../../src/firewall/windows/read/stored-policy';
import { keyPath, parseRegistryFile, type RegistryKeys, RegistryValues } from '../../../../src/windows/registry-file';

const root = keyPath('HKLM\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall');

function keysOf(keys: Record<string, Record<string, string | number>>): RegistryKeys {
  return new Map(
    Object.entries(keys).map(([path, values]) => {
      const read = new RegistryValues();
      for (const [name, value] of Object.entries(values)) read.set(name, value);
      return [`${root}\\${path.toLowerCase()}`, read];
    }),
  );
}

/** What is let in, one line a rule: profiles, protocol, near ports, program, who. */
function letIn(keys: RegistryKeys): string[] {
  return readOldExceptions(keys, root).map((rule) => {
    expect(rule).toMatchObject({ active: true, action: 'allow', direction: 'in' });
    const ports = rule.localPorts.map((port) => (typeof port === 'string' ? port : port.first)).join(' ');
    const who = rule.remoteAddresses.map((item) => ('keyword' in item ? item.keyword : `${item.first}-${item.last}`));
    const odd = rule.notUnderstood === undefined ? '' : ' NOT UNDERSTOOD';
    return `${rule.profiles.join('/')} ${rule.protocol} ${rule.app ?? ports} ${who.join(' ') || 'everybody'}${odd}`;
  });
}

test('a policy as the Administrative Templates write it', () => {
  const file = readFileSync(join(__dirname, '../../../../fixtures/gpo/legacy-exceptions.reg'));
  const parsed = parseRegistryFile(file);
  if ('error' in parsed) throw new Error(parsed.error);
  expect(letIn(parsed.keys)).toEqual([
    'domain 6 3389 everybody',
    'domain 17 3389 everybody',
    'domain 6 135 445 rpc rpc-epmap everybody',
    'domain 6 3389 everybody',
  ]);
  const [gpo] = readManagedPolicies(new Map(), parsed.keys);
  expect(gpo?.rules.map(({ name }) => name)).toContain('3389:TCP:*:enabled:RDP (Administrative Templates)');
});

test('the standard profile counts for private and public, beside newer keys too', () => {
  const keys = keysOf({ 'StandardProfile\\Services\\RemoteDesktop': { Enabled: 1 }, PublicProfile: {} });
  expect(letIn(keys)[0]).toBe('private/public 6 3389 everybody');
});

test.each([
  ['10.0.0.0/24,localsubnet', '167772160-167772415 localsubnet localsubnet'],
  ['10.0.0.5/255.255.255.255', '167772165-167772165'],
  ['10.0.0.5, *', 'everybody'],
  ['the office', 'everybody'],
  ['', 'everybody'],
])('the scope %j is %s', (RemoteAddresses, who) => {
  const keys = keysOf({ 'DomainProfile\\Services\\FileAndPrint': { Enabled: 1, RemoteAddresses } });
  expect(letIn(keys)).toEqual([`domain 6 139 445 ${who}`, `domain 17 137 138 ${who}`]);
});

test('entries of the lists: off ones do not count, odd ones may be anything', () => {
  const keys = keysOf({
    'DomainProfile\\GloballyOpenPorts\\List': {
      a: '1234:UDP:10.0.0.5:enabled:a:b',
      b: '1235:TCP:*:disabled:off',
      c: '1236:SCTP:*:enabled:odd|one',
    },
    'DomainProfile\\AuthorizedApplications\\List': {
      a: 'C:\\a b\\agent.exe:localsubnet:enabled:Agent',
      b: '%ProgramFiles%\\b.exe:*:Enabled:B',
      c: 'C:\\off.exe:*:disabled:off',
    },
  });
  expect(letIn(keys)).toEqual([
    'domain 17 1234 167772165-167772165',
    expect.stringMatching(/^domain any .*everybody NOT UNDERSTOOD$/),
    'domain any C:\\a b\\agent.exe localsubnet localsubnet',
    'domain any %ProgramFiles%\\b.exe everybody',
  ]);
});

test('what is switched off lets nobody in', () => {
  const off = { Enabled: 0, RemoteAddresses: '*' };
  const keys = keysOf({
    'DomainProfile\\Services\\RemoteDesktop': off,
    'DomainProfile\\RemoteAdminSettings': off,
    'DomainProfile\\Services\\FileAndPrint': { RemoteAddresses: '*' },
    'DomainProfile\\GloballyOpenPorts': off,
    'DomainProfile\\GloballyOpenPorts\\List': { a: '1:TCP:*:enabled:a' },
    'DomainProfile\\IcmpSettings': { AllowInboundEchoRequest: 0 },
  });
  expect(letIn(keys)).toEqual([]);
});

test('a switch of a type that nobody expects may be on, and ping is two protocols', () => {
  const keys = keysOf({
    'DomainProfile\\Services\\UPnPFramework': { Enabled: '0' },
    'DomainProfile\\IcmpSettings': { AllowInboundEchoRequest: 1 },
  });
  expect(letIn(keys)).toEqual([
    'domain 6 2869 everybody',
    'domain 17 1900 everybody',
    'domain 1  everybody',
    'domain 58  everybody',
  ]);
});
