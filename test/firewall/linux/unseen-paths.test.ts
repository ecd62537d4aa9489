import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anything, property, assert as propertyHolds } from 'fast-check';
import { linksIn, Unread } from '../../../src/agent/iproute';
import { chainPaths, flowtablePaths } from '../../../src/firewall/linux/chain-paths';
import { devicePaths, hardwarePaths } from '../../../src/firewall/linux/device-paths';
import { guestsOn } from '../../../src/firewall/linux/mac-guests';
import { notShownBy } from '../../../src/firewall/linux/not-shown';
import { xdpSockets } from '../../../src/firewall/linux/raw-sockets';
import { sendsElsewhere } from '../../../src/firewall/linux/sends-elsewhere';
import { sendElsewhere } from '../../../src/firewall/linux/traffic-control';

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

const limits = { change: 1000, listing: 1000, inOrder: 1000, beforeBlock: 1000 };
/** An nft that lists these objects, whatever it is asked for. */
const listing = (...objects: object[]) => ({
  limits,
  list: async () => ({ listed: { nftables: [{ metainfo: { version: '1.0.6' } }, ...objects] } }),
});
const silent = { limits, list: async () => ({ unreadable: 'nft did not end in time' }) };

test('a flowtable names its devices', async () => {
  const flowtable = { family: 'inet', name: 'fast', table: 'filter', handle: 2, hook: 'ingress', prio: 0 };
  const nft = listing({ flowtable: { ...flowtable, dev: ['eth0', 'eth1'] } });
  expect(await flowtablePaths(nft)).toEqual(['eth0 (flowtable)', 'eth1 (flowtable)']);
});

test('an nft that does not answer leaves it open whether there are chains and flowtables', async () => {
  expect(await chainPaths(silent)).toEqual(['chains and flowtables of others (not listed by nft)']);
  expect(await flowtablePaths(silent)).toEqual(['chains and flowtables of others (not listed by nft)']);
});

const set = (key: object): object => ({ mangle: { key, value: 1 } });
const part = (protocol: string, field: string): object => ({ payload: { protocol, field } });
const setAddress = set(part('ip', 'daddr'));

/** Base chains as `nft -j list chains` of 1.0.6 has them, which leaves out the device. */
test.each([
  ['a chain behind the last of ours', 'netdev', 'egress', 0, ['t c (netdev chain)']],
  ['the same, as nft 0.9.8 lists it', 'netdev', 'unknown', 0, ['t c (netdev chain)']],
  ['a chain before the first of ours', 'netdev', 'ingress', 0, ['t c (netdev chain)']],
  ['the same in another family', 'inet', 'ingress', 0, ['t c (netdev chain)']],
  ['a chain that frames of the host pass behind ours', 'bridge', 'postrouting', 0, ['t c (bridge chain)']],
  ['a chain that only frames of guests pass', 'bridge', 'forward', 0, []],
  ['a chain with the last priority', 'ip', 'postrouting', 2147483647, ['t c (chain behind ours)']],
  ['a chain between two of ours', 'inet', 'postrouting', 2147483646, []],
  ['a chain between two of ours', 'inet', 'output', 0, []],
])('a rule that sets an address, in %s (%s %s)', async (_what, family, hook, prio, expected) => {
  const chain = { family, table: 't', name: 'c', type: 'filter', hook, prio, policy: 'accept' };
  const rule = { family, table: 't', chain: 'c', expr: [setAddress] };
  expect(await chainPaths(listing({ chain }, { rule }))).toEqual(expected);
});

test('our own last chain is none of others', async () => {
  const own = { family: 'inet', table: 'contain_host', name: 'postrouting', type: 'filter', hook: 'postrouting' };
  const rule = { family: 'inet', table: 'contain_host', chain: 'postrouting', expr: [setAddress] };
  expect(await chainPaths(listing({ chain: { ...own, prio: 2147483647 } }, { rule }))).toEqual([]);
});

test.each<[string, string, unknown[]]>([
  ['an address', 'yes', [setAddress]],
  [
    'an address on a condition',
    'yes',
    [{ match: { op: '==', left: { meta: { key: 'mark' } }, right: 1 } }, setAddress],
  ],
  ['a hardware address', 'yes', [set(part('ether', 'daddr'))]],
  ['a port', 'yes', [set(part('tcp', 'dport'))]],
  ['another VLAN', 'yes', [set(part('vlan', 'id'))]],
  ['bits at a place without a name', 'yes', [set({ payload: { base: 'nh', offset: 128, len: 32 } })]],
  ['another device', 'yes', [{ fwd: { dev: 'eth0' } }]],
  ['a copy to another device', 'yes', [{ dup: { dev: 'eth0' } }]],
  ['the hardware address by ebtables', 'yes', [{ xt: { type: 'target', name: 'dnat' } }]],
  ['a class of service', 'no', [set(part('ip', 'dscp'))]],
  ['a mark', 'no', [set({ meta: { key: 'mark' } })]],
  ['the largest segment', 'no', [set({ 'tcp option': { name: 'maxseg', field: 'size' } })]],
  ['a verdict behind conditions', 'no', [{ counter: {} }, { limit: {} }, { xt: null }, { drop: null }]],
  ['a match of ebtables', 'no', [{ xt: { type: 'match', name: 'arp' } }, { jump: { target: 'c' } }]],
  ['a queue to a program', 'perhaps', [{ queue: { num: 1 } }]],
  ['a target that is not known', 'perhaps', [{ xt: { type: 'target', name: 'NEW' } }]],
  ['something that is not listed', 'perhaps', [{ xt: null }]],
  ['something that nft has no JSON for', 'perhaps', ['xt target']],
])('%s: %s', (_what, expected, expr) => {
  expect(sendsElsewhere(expr)).toBe(expected);
});

/** As iproute2 6.1 lists them, by its sources where the kernel of this machine has no such action. */
test.each<[string, boolean, object]>([
  ['pedit', true, { order: 1, kind: 'pedit', control_action: { type: 'pass' }, nkeys: 1, index: 1, keys: [] }],
  ['nat', true, { order: 1, type: 'nat', direction: 'egress', old_addr: '192.0.2.10/32', new_addr: '203.0.113.66' }],
  ['mirred', true, { order: 1, kind: 'mirred', mirred_action: 'redirect', direction: 'egress', to_dev: 'eth1' }],
  ['skbmod, whose kind is not listed', true, { order: 1, dmac: '02:00:00:00:00:01', index: 1, ref: 1, bind: 1 }],
  ['gact', false, { order: 1, kind: 'gact', control_action: { type: 'drop' }, prob: {}, index: 1, ref: 1, bind: 1 }],
  ['police', false, { order: 1, kind: 'police', index: 1, control_action: { type: 'reclassify' }, overhead: 0 }],
])('traffic control, the action %s: %s', (_what, expected, action) => {
  const filter = { protocol: 'ip', pref: 49152, kind: 'u32', chain: 0 };
  const options = { fh: '800::800', order: 2048, key_ht: '800', match: { value: '0', mask: '0' }, actions: [action] };
  expect(sendElsewhere([filter, { ...filter, options }])).toBe(expected);
});

test('traffic control: a program may do anything, a class does nothing', () => {
  const filter = { protocol: 'all', pref: 1, chain: 0 };
  expect(sendElsewhere([{ ...filter, kind: 'bpf', options: { handle: '0x1', bpf_name: 'x' } }])).toBe(true);
  expect(sendElsewhere([{ ...filter, kind: 'fw', options: { handle: '0x1', classid: '1:10' } }])).toBe(false);
});

test('whatever nft and tc list, there is an answer', () => {
  propertyHolds(
    property(anything(), anything(), (one, other) => {
      expect(['yes', 'perhaps', 'no']).toContain(sendsElsewhere([one, { mangle: { key: other } }, { xt: other }]));
      expect(
        typeof sendElsewhere([
          { kind: 'u32', options: { actions: [one] } },
          { kind: one, options: other },
        ]),
      ).toBe('boolean');
    }),
  );
});

test('sockets of XDP are counted', () => {
  const file = join(folder, 'protocols');
  const listed = (sockets: number): string =>
    `protocol  size sockets  memory press maxhdr  slab module     cl co di\nXDP       1088  ${String(sockets).padStart(5)}      -1   NI       0   no   kernel      n  n  n\nPACKET    1472      2      -1   NI       0   no   kernel      n  n  n\n`;
  writeFileSync(file, listed(3));
  expect(xdpSockets(file)).toEqual(['XDP sockets (3)']);
  writeFileSync(file, listed(0));
  expect(xdpSockets(file)).toEqual([]);
  expect(xdpSockets(join(folder, 'none'))).toEqual([]);
});

describe('a tool that shows nothing', () => {
  const look = (loaded: string, tools = folder): string[] => {
    writeFileSync(join(folder, 'modules'), loaded);
    const places = { folders: [tools], modules: join(folder, 'modules') };
    return notShownBy('tc', 'traffic control', /^act_pedit$/, places);
  };

  test('is missing, as on many hosts: nothing is told, unless the kernel has loaded what it would show', () => {
    expect(look('ip_tables 32768 1 - Live 0x0\n')).toEqual([]);
    expect(look('act_pedit 24576 1 - Live 0x0\nip_tables 32768 1 - Live 0x0\n')).toEqual([
      'traffic control (tc is missing, and the kernel has loaded act_pedit)',
    ]);
  });

  test('is there: it may have hidden anything', () => {
    writeFileSync(join(folder, 'tc'), '');
    expect(look('')).toEqual(['traffic control (not shown by tc)']);
  });
});

test('a guest whose address no card is known to listen for: none, or perhaps where that cannot be asked', () => {
  const own = linksIn(JSON.stringify([device('eth0', {})]));
  const more = { ...kind('macvlan'), link_index: 4, address: '02:00:00:00:00:01' };
  const guests = linksIn(JSON.stringify([device('eth0', more)]));
  expect(guestsOn(own, guests, [{ ifname: 'eth0', mac: '02:00:00:00:00:01' }])).toEqual(['eth0 (macvlan guest)']);
  expect(guestsOn(own, guests, [])).toEqual([]);
  expect(guestsOn(own, guests, new Unread())).toEqual(['eth0 (macvlan guest, perhaps: not shown by bridge)']);
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
