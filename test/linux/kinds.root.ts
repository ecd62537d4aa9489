import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * A UDP server behind a device of each kind that this machine's kernel can make; each is made in a network of its own.
 * Those that it cannot make are in test/agent/linux-tunnels.test.ts, as the tools list them.
 */
const far = '10.1.0.9';
const kinds: readonly (readonly [string, string, boolean])[] = [
  ['vxlan', `ip link add x type vxlan id 7 remote ${far} dstport 4789`, true],
  ['geneve', `ip link add x type geneve id 7 remote ${far}`, true],
  ['gre', `ip link add x type gre remote ${far}`, true],
  ['gretap', `ip link add x type gretap remote ${far}`, true],
  ['ipip', `ip link add x type ipip remote ${far}`, true],
  ['wireguard', 'ip link add x type wireguard', true],
  ['xfrm', 'ip link add x type xfrm dev eth0 if_id 7', true],
  ['tun', 'ip tuntap add x mode tun', true],
  [
    'a VLAN on a VXLAN',
    'ip link add y type vxlan id 7 remote 10.1.0.9 dstport 4789 && ip link add link y x type vlan id 7',
    true,
  ],
  [
    'a bridge with nothing but a VXLAN',
    'ip link add y type vxlan id 7 remote 10.1.0.9 dstport 4789 && ip link add x type bridge && ip link set y master x',
    true,
  ],
  ['a card', 'ip link add x type veth', false],
  ['vlan', 'ip link add link eth0 x type vlan id 7', false],
  ['bond', 'ip link add x type bond && ip link set eth0 down && ip link set eth0 master x', false],
  ['team', 'ip link add x type team', false],
  ['bridge', 'ip link add x type bridge && ip link set eth0 master x', false],
  ['macvlan', 'ip link add link eth0 x type macvlan', false],
  ['ipvlan', 'ip link add link eth0 x type ipvlan', false],
  ['dummy', 'ip link add x type dummy', false],
];

const network = `
  ip link set lo up
  ip link add eth0 type veth peer name far
  ip link set eth0 up
  ip link set far up
  ip address add 10.1.0.1/24 dev eth0`;

function inside(script: string, home = '/'): { readonly status: number | null; readonly stdout: string } {
  return spawnSync('unshare', ['--net', 'sh', '-ec', `${network}\n${script}`], {
    encoding: 'utf8',
    env: { ...process.env, OSSECPATH: home },
  });
}

const made = kinds.filter(([, make]) => inside(make).status === 0);
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'kinds-'));
  mkdirSync(join(home, 'etc'));
  const server = '<server><address>10.77.0.5</address><protocol>udp</protocol></server>';
  writeFileSync(join(home, 'etc', 'ossec.conf'), `<ossec_config><client>${server}</client></ossec_config>\n`);
});
afterAll(() => rmSync(home, { recursive: true }));

test.each(made)('%s: whether the server would be lost is foretold', (_kind, make, isTunnel) => {
  const doctor = `'${process.execPath}' '${resolve('dist', 'contain-host.js')}' doctor --json`;
  const { stdout } = inside(`${make}\nip address add 10.77.0.10/24 dev x\nip link set x up\n${doctor} || :`, home);
  const { checks } = JSON.parse(stdout) as { checks: { check: string; verdict: string; found: string }[] };
  const found = checks.filter(({ check }) => check === 'server-route').map(({ verdict }) => verdict);
  expect(found).toEqual(isTunnel ? ['problem'] : []);
});
