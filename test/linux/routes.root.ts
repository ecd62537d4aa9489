import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What is foretold of the way to a server, each time in a network of its own with a card and a tunnel. */
const network = `
  ip link set lo up
  ip link add eth0 type veth peer name far
  ip link set eth0 up
  ip link set far up
  ip address add 10.1.0.10/24 dev eth0
  ip address add fd00:1::10/64 dev eth0 nodad
  ip link add overlay type vxlan id 7 remote 10.1.0.9 dstport 4789
  ip link set overlay up
  ip address add 10.77.0.10/24 dev overlay
  ip address add fd00:77::10/64 dev overlay nodad
  ip route add default dev overlay table 77`;
const byCard = 'ip route add default via 10.1.0.1';
const byBoth = 'nexthop via 10.1.0.1 dev eth0 nexthop via 10.77.0.1 dev overlay';
const objects = `
  ip nexthop add id 1 via 10.1.0.1 dev eth0
  ip nexthop add id 2 via 10.77.0.1 dev overlay
  ip nexthop add id 3 group 1/2
  ip route add default nhid 3`;
const policy = (selector: string, end = 'tmpl src 10.1.0.10 dst 203.0.113.7 proto esp mode tunnel'): string =>
  `ip xfrm policy add ${selector} dir out ${end}`;

/** The agent runs as the user of this number: the group of its folder is his. */
const user = 1;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'routes-'));
  for (const folder of ['etc/shared', 'logs', 'var', 'tools']) mkdirSync(join(home, folder), { recursive: true });
  chmodSync(home, 0o755);
  chownSync(home, 0, user);
  configure('10.2.0.5', 'udp');
  writeFileSync(join(home, 'etc', 'shared', 'contain-host.json'), '{"evidence": "none"}');
});
afterEach(() => rmSync(home, { recursive: true }));

function configure(address: string, protocol: 'tcp' | 'udp'): void {
  const server = `<server><address>${address}</address><protocol>${protocol}</protocol></server>`;
  writeFileSync(join(home, 'etc', 'ossec.conf'), `<ossec_config><client>${server}</client></ossec_config>\n`);
}

/** Runs a script in that network, with a state folder of its own; in it "$@" is our program. */
function inside(script: string): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  const whole = `${network}\nmount --bind '${home}/var' /var/lib\n${script}`;
  const program = [process.execPath, resolve('dist', 'contain-host.js')];
  return spawnSync('unshare', ['--net', '--mount', 'sh', '-ec', whole, 'sh', ...program], {
    encoding: 'utf8',
    env: { ...process.env, OSSECPATH: home },
  });
}

/** What is loaded comes on standard output, what is told on standard error. */
const contain = (script: string): ReturnType<typeof inside> =>
  inside(`
    ${script}
    status=0
    "$@" ADD - 10.1.0.50 >&2 || status=$?
    nft list table inet contain_host
    exit $status`);

/** The gaps that are told; that nothing makes the rules again at a start is one in any case, for want of systemd. */
const gapsIn = (stderr: string): string[] =>
  [...stderr.matchAll(/\[([a-z-]+)\]/g)].map(([, code = '']) => code).filter((code) => code !== 'not-saved');

interface Check {
  readonly check: string;
  readonly verdict: string;
  readonly found: string;
}

function examine(script: string): readonly Check[] {
  const { stdout, stderr } = inside(`${script}\n"$@" doctor --json || :`);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { readonly checks: readonly Check[] }).checks;
}

/** Whether the server would be lost. */
function foretold(script: string): string {
  const found = examine(script).filter(({ check }) => check === 'server-route');
  const words = found.map(({ verdict, found: text }) => `${verdict}${text.includes('perhaps') ? ' perhaps' : ''}`);
  return words.length === 0 ? 'kept' : words.join(', ');
}
const [kept, lost, perhaps] = ['kept', 'problem', 'warning perhaps'];

test.each([
  ['by the card alone', kept, byCard],
  ['by the tunnel alone', lost, 'ip route add default via 10.77.0.1'],
  ['by both', perhaps, `ip route add default ${byBoth}`],
  ['by both, as objects', perhaps, objects],
  ['by both, as objects that routes only number', perhaps, `echo 0 >/proc/sys/net/ipv4/nexthop_compat_mode${objects}`],
  ['by the tunnel where the card is gone', kept, `${byCard} metric 50\nip route add default dev overlay metric 90`],
  ['by the tunnel as a VPN for all makes it', lost, `${byCard}\nip rule add not fwmark 51820 table 77`],
  ["by the tunnel for the agent's user, and none for others", lost, `ip rule add uidrange ${user}-${user} table 77`],
  ['without a route', kept, ':'],
])('the way to the server is %s: it is %s', (_way, expected, script) => {
  expect(foretold(script)).toBe(expected);
});

test.each([
  ["the agent's protocol and port", lost, 'ipproto udp dport 1514'],
  ['another port', kept, 'ipproto udp dport 53'],
  ['another protocol', kept, 'ipproto tcp dport 1514'],
  ["the agent's user", lost, `uidrange ${user}-${user}`],
  ['root', kept, 'uidrange 0-0'],
  ["this host's address", lost, 'from 10.1.0.10'],
  ["another's address", kept, 'from 10.1.0.11'],
  ["the server's network", lost, 'to 10.2.0.0/16'],
  ['what comes in', kept, 'iif eth0'],
  ['packets that somebody marked', perhaps, 'fwmark 5'],
  ['some ports of this host', perhaps, 'ipproto udp sport 5000-6000'],
])('packets are sent into the tunnel by a rule for %s: the server is %s', (_whom, expected, selector) => {
  expect(foretold(`${byCard}\nip rule add ${selector} table 77`)).toBe(expected);
});

test('of a server by IPv6 all next hops and rules count too', () => {
  configure('2001:db8::5', 'tcp');
  const both = 'nexthop via fd00:1::1 dev eth0 nexthop via fd00:77::1 dev overlay';
  expect(foretold('ip -6 route add default via fd00:1::1')).toBe(kept);
  expect(foretold(`ip -6 route add default ${both}`)).toBe(perhaps);
  const rule = 'ip -6 route add default dev overlay table 77\nip -6 rule add ipproto tcp dport 1514 table 77';
  expect(foretold(`ip -6 route add default via fd00:1::1\n${rule}`)).toBe(lost);
});

test.each([
  ['the server', lost, policy('dst 10.2.0.0/16')],
  ["the server's port", lost, policy('dst 10.2.0.5 proto udp dport 1514')],
  ['another network', kept, policy('dst 10.3.0.0/16')],
  ['another port', kept, policy('dst 10.2.0.0/16 proto udp dport 53')],
  ["a guest's packets", kept, policy('src 10.9.0.0/24 dst 10.2.0.0/16')],
  ['all, but for the server', kept, `${policy('dst 0.0.0.0/0 priority 9')}\n${policy('dst 10.2.0.5 priority 1', '')}`],
  ['marked packets', perhaps, policy('dst 10.2.0.0/16 mark 5 mask 0xff')],
])('IPsec wraps what goes to %s: the server is %s', (_whom, expected, script) => {
  expect(foretold(`${byCard}\n${script}`)).toBe(expected);
});

test.each([
  ['of the way that is taken now', 'ip -4 route add default via inet6 fe80::1 dev eth0'],
  ['of one of several', 'ip -4 route add default nexthop via 10.1.0.1 dev eth0 nexthop via inet6 fe80::1 dev eth0'],
  [
    'of a way for the time when another is gone',
    `${byCard}\nip -4 route add default via inet6 fe80::1 dev eth0 metric 9`,
  ],
  ['of another table', `${byCard}\nip -4 route add default via inet6 fe80::1 dev eth0 table 78`],
])('the next hop to an IPv4 server, %s, is an IPv6 neighbour: it can be found', (_which, script) => {
  const { stdout, stderr } = contain(script);
  expect([gapsIn(stderr), stdout]).toEqual([[], expect.stringContaining('nd-neighbor-solicit')]);
});

test('where every way to an IPv4 server is one of IPv4, nothing of IPv6 is opened', () => {
  const { stdout, stderr } = contain(byCard);
  expect([gapsIn(stderr), stdout]).toEqual([[], expect.not.stringContaining('nd-neighbor-solicit')]);
});

test('a next hop by a global address in no network of ours is a neighbour too', () => {
  configure('2001:db8::5', 'tcp');
  const { stdout, stderr } = contain('ip -6 route add 2001:db8::/64 via 2001:db8:1::1 dev eth0 onlink');
  expect([gapsIn(stderr), stdout]).toEqual([
    [],
    expect.stringMatching(/ip6 daddr 2001:db8:1::1 .*nd-neighbor-solicit/),
  ]);
});

describe('where ip tells nothing', () => {
  /** Puts something in the place of /usr/bin/ip. */
  const replaceBy = (text: string, mode = 0o755): string => {
    writeFileSync(join(home, 'tools', 'ip'), text, { mode });
    return `mount --bind '${home}/tools/ip' "$(readlink -f "$(command -v ip)")"`;
  };
  const needed = ['nft', 'flock', 'nsenter', 'unshare', 'sh', 'ip', 'tc', 'bridge'];
  /** A host with what we need but one, and nothing else. */
  const remove = (missing = 'ip'): string => `
    for tool in '${process.execPath}' ${needed.filter((tool) => tool !== missing).join(' ')}; do
      there='${home}/tools/'"\${tool##*/}"
      touch "$there"
      mount --bind "$(readlink -f "$(command -v "$tool")")" "$there"
    done
    for folder in /usr/sbin /usr/bin; do mount --rbind '${home}/tools' $folder; done`;

  test.each([
    ['cannot be started', () => replaceBy('', 0o644), /cannot be used/],
    [
      'does not know our words',
      () => replaceBy('#!/bin/sh\nexit 1\n'),
      /did not list the rules for routes|exit code 1/,
    ],
    ['answers something else', () => replaceBy('#!/bin/sh\necho "1: lo"\n'), /is not understood/],
    ['does not answer', () => replaceBy('#!/bin/sh\nexec tail -f /dev/null\n'), /did not answer within 3 seconds/],
  ])('because it %s, the host is contained, and what is not known is told', (_why, hide, told) => {
    const { status, stdout, stderr } = contain(`${byCard}\n${hide()}`);
    expect(status).toBe(6);
    expect(gapsIn(stderr).sort()).toEqual(['server-route-unread', 'unseen-path']);
    expect(stderr).toMatch(told);
    expect(stdout).toContain('policy drop');
    expect(stdout).toContain('nd-neighbor-solicit');
  });

  test('because it is missing, the host is contained; a path that nobody sees is told only where something hints at one', () => {
    const { status, stdout, stderr } = contain(`${byCard}\n${remove()}`);
    expect(status).toBe(6);
    const hinted = /network devices \(ip is missing, and the kernel has loaded/.test(stderr);
    expect(gapsIn(stderr).sort()).toEqual(['server-route-unread', ...(hinted ? ['unseen-path'] : [])]);
    expect(stderr).toContain('install the package iproute2');
    expect(stdout).toContain('policy drop');
  });

  test('doctor tells it beforehand, and that a containment would work all the same', () => {
    const checks = examine(`${byCard}\n${remove()}`).filter(({ check }) => ['ip', 'server-route'].includes(check));
    expect(checks.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['ip', 'warning'],
      ['server-route', 'warning'],
    ]);
  });

  test('other network namespaces that it cannot be started in are counted', () => {
    const { stderr } = contain(`${byCard}\n${remove('nsenter')}`);
    expect(gapsIn(stderr)).toEqual(['unseen-path']);
    expect(stderr).toMatch(/\d+ network namespaces that were not looked into/);
  });

  test('another network namespace that it fails in once is looked into once more', () => {
    copyFileSync('/usr/bin/ip', join(home, 'tools', 'real'));
    const failsOnce = replaceBy(`#!/bin/sh
      namespace=$(readlink /proc/self/ns/net)
      [ "$namespace" = "$(cat '${home}/own')" ] || ! mkdir "${home}/$namespace" 2>/dev/null || exit 1
      exec '${home}/tools/real' "$@"`);
    const { stderr } = contain(`${byCard}\nreadlink /proc/self/ns/net >'${home}/own'\n${failsOnce}`);
    expect(gapsIn(stderr)).toEqual([]);
    expect(readdirSync(home).filter((name) => name.startsWith('net:'))).not.toEqual([]);
  });

  test('a name that is left without its namespace is nothing', () => {
    const left = 'mount -t tmpfs none /run\nmkdir /run/netns\ntouch /run/netns/left';
    expect(gapsIn(contain(`${byCard}\n${left}`).stderr)).toEqual([]);
  });
});
