import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linksIn } from '../../../src/agent/iproute';
import { Nft } from '../../../src/firewall/linux/nft';
import { devicePaths, flowtablePaths, hardwarePaths } from '../../../src/firewall/linux/unseen-paths';
import { timeouts } from '../../../src/host';

/** What the kernel of this machine may not have. What it has is tried with packets in test/linux. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paths '));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A device as `ip -j -d link show` has it. */
const device = (ifname: string, more: object): object => ({
  ...{ ifindex: 4, ifname, flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'], mtu: 1500, qdisc: 'noqueue' },
  ...{ operstate: 'UP', linkmode: 'DEFAULT', group: 'default', txqlen: 1000, link_type: 'ether' },
  ...{ address: '5e:11:6c:0f:aa:40', broadcast: 'ff:ff:ff:ff:ff:ff', promiscuity: 1 },
  ...more,
});
const kind = (info_kind: string): object => ({ linkinfo: { info_kind } });

test.each([
  ['Open vSwitch', device('ovs-system', kind('openvswitch')), ['ovs-system (Open vSwitch)']],
  ['a guest on a file', device('macvtap0', { ...kind('macvtap'), link: 'eth0' }), ['macvtap0 (macvtap)']],
  ['a guest on a file, by addresses', device('ipvtap0', { ...kind('ipvtap'), link: 'eth0' }), ['ipvtap0 (ipvtap)']],
  [
    'XDP in the driver',
    device('eth0', { xdp: { mode: 1, prog: { id: 12, name: 'fwd', tag: '3b185187f1855c4c', jited: 1 } } }),
    ['eth0 (XDP)'],
  ],
  ['a card', device('eth0', {}), []],
  ['a bridge', device('br0', kind('bridge')), []],
])('%s', (_what, one, expected) => {
  expect(devicePaths(linksIn(JSON.stringify([one])))).toEqual(expected);
});

test('a flowtable names its devices', async () => {
  const table = { family: 'inet', name: 'fast', table: 'filter', handle: 2, hook: 'ingress', prio: 0 };
  const listed = { nftables: [{ metainfo: { version: '1.0.6' } }, { flowtable: { ...table, dev: ['eth0', 'eth1'] } }] };
  writeFileSync(join(folder, 'nft'), `#!/bin/sh\necho '${JSON.stringify(listed)}'\n`, { mode: 0o755 });
  const host = { platform: 'linux', env: {}, program: '', command: [''], name: 'contain-host', timeouts } as const;
  const nft = new Nft({ host, home: undefined, stateFolder: folder }, [folder]);
  expect(await flowtablePaths(nft)).toEqual(['eth0 (flowtable)', 'eth1 (flowtable)']);
});

test('cards with RDMA, and cards that a guest has to itself, but no other devices of its', () => {
  const driver = join(folder, 'bus', 'pci', 'drivers', 'vfio-pci');
  for (const [name, of] of Object.entries({ '0000:03:00.0': '0x020000', '0000:04:00.0': '0x030000' })) {
    mkdirSync(join(driver, name), { recursive: true });
    writeFileSync(join(driver, name, 'class'), `${of}\n`);
  }
  mkdirSync(join(folder, 'class', 'infiniband', 'mlx5_0'), { recursive: true });
  expect(hardwarePaths(folder)).toEqual(['mlx5_0 (RDMA)', 'PCI 0000:03:00.0 (vfio-pci)']);
});
