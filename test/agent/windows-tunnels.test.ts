import { tunnelAt } from '../../src/agent/server-route';
import { vpnAdaptersIn } from '../../src/agent/windows-tunnels';
import { keyPath, type RegistryKeys, type RegistryValue, RegistryValues } from '../../src/windows/registry-file';

const network = '{4d36e972-e325-11ce-bfc1-08002be10318}';
const control = 'HKLM\\SYSTEM\\CurrentControlSet\\Control';

function keysOf(entries: readonly (readonly [string, Record<string, RegistryValue>])[]): RegistryKeys {
  return new Map(
    entries.map(([path, values]) => {
      const read = new RegistryValues();
      for (const [name, value] of Object.entries(values)) read.set(name, value);
      return [keyPath(path), read];
    }),
  );
}

/** Adapters as Windows registers them: what the driver's INF says of each. */
const adapters: readonly (readonly [name: string, isVpn: boolean, values: Record<string, RegistryValue>])[] = [
  ['Intel card', false, { ComponentId: 'pci\\ven_8086&dev_15bb', Characteristics: 0x84, '*IfType': 6 }],
  ['WLAN', false, { ComponentId: 'pci\\ven_8086&dev_2723', Characteristics: 0x84, '*IfType': 71 }],
  ['VMware card', false, { ComponentId: 'pci\\ven_15ad&dev_07b0', Characteristics: 0x84, '*IfType': 6 }],
  ['vEthernet (External)', false, { ComponentId: 'vms_mp', Characteristics: 0x1, '*IfType': 6 }],
  ['Team', false, { ComponentId: 'ms_implat_mp', Characteristics: 0x1, '*IfType': 6 }],
  ['OpenVPN', true, { ComponentId: 'tap0901', Characteristics: 0x81, '*IfType': 6 }],
  ['WireGuard', true, { ComponentId: 'wintun', Characteristics: 0x1, '*IfType': 53 }],
  ['AnyConnect', true, { ComponentId: 'vpnva', Characteristics: 0x1, '*IfType': 6 }],
  ['Odd tunnel', true, { ComponentId: 'x', Characteristics: 0x84, '*IfType': 131 }],
  ['Without a word', false, { ComponentId: 'y' }],
];

const found = vpnAdaptersIn(
  keysOf([
    ...adapters.map(
      ([, , values], n) =>
        [`${control}\\Class\\${network}\\000${n}`, { ...values, NetCfgInstanceId: `{ID-${n}}` }] as const,
    ),
    [`${control}\\Class\\${network}\\Properties`, { NetCfgInstanceId: '{ID-0}', Characteristics: 0 }],
  ]),
  keysOf(adapters.map(([name], n) => [`${control}\\Network\\${network}\\{id-${n}}\\Connection`, { Name: name }])),
);

test.each(adapters)('%s is the adapter of a VPN: %s', (name, isVpn) => {
  expect(found.has(name)).toBe(isVpn);
});

test('a server behind one is behind a tunnel, though the adapter has a hardware address', () => {
  const entry = { netmask: '', family: 'IPv4', mac: '00:ff:12:34:56:78', internal: false, cidr: null } as const;
  const interfaces = {
    OpenVPN: [{ ...entry, address: '10.8.0.2' }],
    'Intel card': [{ ...entry, address: '10.0.0.2' }],
  };
  expect(tunnelAt('10.8.0.2', interfaces, found)).toBe('OpenVPN');
  expect(tunnelAt('10.0.0.2', interfaces, found)).toBeUndefined();
});
