import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { acceptRules } from '../../src/firewall/linux/rules';
import { loadCommands } from '../../src/firewall/linux/ruleset';
import type { Surroundings } from '../../src/firewall/linux/surroundings';
import { addRule } from '../../src/firewall/windows/netsh';
import type { Address } from '../../src/policy/address';
import type { AllowList } from '../../src/policy/allow-list';
import { type FlowGroup, flowGroups } from '../../src/policy/flows';
import { portsOf } from '../../src/policy/ports';
import { rulesOf } from '../../src/policy/rules';

type Row = readonly string[];

const page = readFileSync(join(__dirname, '../../docs/what-passes.md'), 'utf8');
const onPage: readonly Row[] = (/\| source \|\n\|[-|]+\n([\s\S]*?)\n\n/.exec(page)?.[1] ?? '')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, ...cells]) => cells.slice(0, -1));

const portWords = { any: 'any', server: "the server's", entry: "the entry's" } as const;
const whenWords = { ipv6: 'IPv6', neighbours: 'IPv6 neighbours', names: 'names not pinned', nat: 'NAT' } as const;

const portCell = (port: number | keyof typeof portWords | undefined): string =>
  typeof port === 'number' ? String(port) : portWords[port ?? 'any'];

const inData: readonly Row[] = Object.entries<FlowGroup>(flowGroups).flatMap(([name, group]) =>
  group.flows.map(({ way, protocol = 'all', types, own, other, windows, linux }) => [
    ...[name, way, protocol === 'entry' ? "the entry's" : [protocol, types?.join(', ')].join(' ').trim()],
    ...[portCell(own), portCell(other), group.with],
    [...(windows === undefined ? [] : ['Windows']), ...(linux === undefined ? [] : ['Linux'])].join(', '),
    [
      ...(windows === undefined || group.service === undefined ? [] : [`service ${group.service}`]),
      ...(linux ?? []),
    ].join(', '),
    ...[group.when === undefined ? 'always' : whenWords[group.when], group.why, group.source],
  ]),
);

test('the page and the list in the program are the same, line by line', () => {
  expect(onPage).toEqual(inData);
});

const host4 = (text: string): Address => ({ family: 4, text, prefix: 32 });
const host6 = (text: string): Address => ({ family: 6, text, prefix: 128 });
const entryOf = (address: Address, protocol: 'tcp' | 'udp') =>
  ({ address, direction: 'both', protocol, ports: portsOf(8443) }) as const;

/** Somebody of each kind, each with an address and a port that tell who it is. */
const everybody: AllowList = {
  servers: ['10.0.0.5', '2001:db8::5'].map((text) => ({
    ...{ address: text.includes(':') ? host6(text) : host4(text), port: 1520, protocols: ['udp', 'tcp'] as const },
  })),
  handlers: [host4('192.0.2.50'), host6('2001:db8::50')],
  entries: [entryOf(host4('203.0.113.7'), 'tcp'), entryOf(host6('2001:db8::7'), 'udp')],
  needsDns: true,
};
const around: Surroundings = {
  ...{ resolvers: [host4('10.0.0.53'), host6('2001:db8::53')], dhcpUsers: [0, 998], dhcpServers: [host4('10.0.0.67')] },
  ...{ ownIp6: [host6('fe80::1')], onLink: [{ family: 6, text: '2001:db8:1::', prefix: 64 }], byIpv6Neighbour: 'no' },
  rewritten: everybody.servers.map((server) => ({ server, rewritten: 'yes' })),
  virtual: [],
  lost: [],
};

/** Who an address in a rule is. */
const owners: readonly [RegExp, string][] = [
  [/^(10\.0\.0\.5|2001:db8::5)(\/32|\/128)?$/, 'server'],
  [/^(192\.0\.2\.50|2001:db8::50)(\/32|\/128)?$/, 'handler'],
  [/^(203\.0\.113\.7|2001:db8::7)(\/32|\/128)?$/, 'entry'],
  [/^(dns|10\.0\.0\.53|2001:db8::53)$/, 'name server'],
  [/^(255\.255\.255\.255|10\.0\.0\.67)$/, 'DHCP server'],
  [/^(ff02::1:2|fe80::\/10)$/, 'DHCPv6 server'],
];
/** Neighbour discovery goes to some of the same addresses for another reason. */
const neighbours: readonly [RegExp, string][] = [
  [/^ff02::2$/, 'every router'],
  [/^(ff02::1|ff02::1:ff00:0\/104|fe80::\/10|2001:db8:1::\/64|2001:db8::5)$/, 'neighbour'],
];
const neighbourOf = (address: string): string =>
  neighbours.find(([form]) => form.test(address))?.[1] ?? `whoever is ${address}`;
const ownerOf = (address: string): string =>
  owners.find(([form]) => form.test(address))?.[1] ?? `whoever is ${address}`;
type Words = Readonly<Record<string, string>>;
const portOwners: Words = { 1520: "the server's", 8443: "the entry's" };
const wordOf = (port: string): string => portOwners[port] ?? port;

/** A flow in one line, for comparison and for whoever reads why a test failed. */
interface Seen {
  readonly way: string;
  readonly protocol: string;
  readonly own?: string | undefined;
  readonly other?: string | undefined;
  readonly whom: string;
  readonly only: readonly string[];
}
const textOf = ({ way, protocol, own = 'any', other = 'any', whom, only }: Seen): string =>
  `${way}: ${whom}, ${protocol}, own port ${own}, other's port ${other}${only.map((one) => `, ${one}`).join('')}`;

/** What a line of the page promises on one system; a line for several types of ICMP promises each. */
const promised = (system: 'Windows' | 'Linux'): Map<string, string> =>
  new Map(
    onPage
      .filter(([, , , , , , systems = '']) => systems.includes(system))
      .flatMap(([name = '', way = '', protocol = '', own, other, whom = '', , only = '']) => {
        const conditions = only
          .split(', ')
          .filter((one) => one !== '' && one.startsWith('service') === (system === 'Windows'));
        const [word = '', ...types] = protocol.startsWith('icmp') ? protocol.split(/,? /) : [protocol];
        return (types.length === 0 ? [word] : types.map((type) => `${word} ${type}`)).map((each): [string, string] => {
          return [textOf({ way, protocol: each, own, other, whom, only: conditions }), name];
        });
      }),
  );

/** What is written and not promised, by the rule; what is promised and not written, by its name on the page. */
function compare(system: 'Windows' | 'Linux', written: readonly [string, readonly string[]][]) {
  const promises = promised(system);
  const flows = new Set(written.flatMap(([, found]) => found));
  return {
    surplus: written.flatMap(([rule, found]) =>
      found.filter((one) => !promises.has(one)).map((one) => `${rule} (${one})`),
    ),
    missing: [...promises].flatMap(([text, name]) => (flows.has(text) ? [] : [`${name} (${text})`])),
  };
}
const same = { surplus: [], missing: [] };

/** What a rule lets through, by the arguments that netsh gets. */
function readNetsh(command: readonly string[]): string[] {
  const tags = new Map(command.map((word) => [word.split('=')[0], word.slice(word.indexOf('=') + 1)]));
  const [protocol = '', type] = (tags.get('protocol') ?? '').split(/[:,]/);
  const remote = tags.get('remoteip');
  const whom = remote === undefined ? 'anybody' : ownerOf(remote);
  const service = tags.get('service');
  const port = (tag: string): string | undefined => {
    const value = tags.get(tag);
    return value === undefined ? undefined : wordOf(value);
  };
  return [
    textOf({
      ...{ way: tags.get('dir') ?? '', whom, own: port('localport'), other: port('remoteport') },
      protocol: whom === 'entry' ? "the entry's" : type === undefined ? protocol : `${protocol} ${type}`,
      only: service === undefined ? [] : [`service ${service}`],
    }),
  ];
}

const onWindows = rulesOf(everybody).map(addRule);
const writtenOnWindows = onWindows.map((command): [string, string[]] => [command[4] ?? '', readNetsh(command)]);

test('on Windows the rules let through what the page says, nothing more and nothing less', () => {
  expect(compare('Windows', writtenOnWindows)).toEqual(same);
  expect(onWindows.every((command) => command.at(-1) === 'action=allow')).toBe(true);
});

const icmpTypes: Words = {
  ...{
    'destination-unreachable': '3',
    'packet-too-big': '2',
    'mld-listener-query': '130',
    'mld-listener-report': '131',
  },
  ...{
    'nd-router-solicit': '133',
    'nd-router-advert': '134',
    'nd-neighbor-solicit': '135',
    'nd-neighbor-advert': '136',
  },
  ...{ 'nd-redirect': '137', 'mld2-listener-report': '143' },
};
const protocols: Words = { 6: 'tcp', 17: 'udp', '1, 6, 17': 'tcp, udp, icmp', '58, 6, 17': 'tcp, udp, icmp' };

/** What a rule lets through, by the words that nft gets. A word that is not known here is told as a condition. */
function readNft(rule: string): string[] {
  const [chain = '', ...words] = rule.split(' ');
  const way = chain === 'input' ? 'in' : 'out';
  let rest = ` ${words.join(' ')}`;
  const take = (form: RegExp): RegExpExecArray | undefined => {
    const found = form.exec(rest) ?? undefined;
    if (found !== undefined) rest = rest.replace(found[0], '');
    return found;
  };
  const isReport = rest.includes('listener-report');
  const isOwn =
    isReport && [take(/ ip6 length \d+/), take(/ @th,48,16 \d+/), take(/ ip6 daddr \{ [^}]+ \}/)].length > 0;
  while (isReport && take(/ @th,\d+,128 \{ [^}]+ \}/) !== undefined);
  const tracked = take(/ ct status dnat ct direction (\w+) ct original ip6? daddr (\S+) ct original proto-dst 1520/);
  const loopback = take(way === 'in' ? / iifname "lo"/ : / oifname "lo"/);
  const peer = take(way === 'in' ? / ip6? saddr (\S+)/ : / ip6? daddr (\S+)/)?.[1];
  const noNew = take(/ tcp flags & \(syn\|ack\) != syn/);
  const fragments = take(/ frag nexthdr 17 frag frag-off > 0/);
  const [, icmp = '', types = ''] = take(/ (icmp|icmpv6) type (?:\{ )?([a-z0-9, -]+?)(?: \}|(?= ip6| icmp|$))/) ?? [];
  const sport = take(/ (tcp|udp) sport (\S+)/);
  const dport = take(/ (tcp|udp) dport (\S+)/);
  const l4 = take(/ meta l4proto (?:\{ )?([0-9, ]+?)(?: \}|(?= ct|$))/)?.[1];
  const only = [
    ...(take(/ meta nfproto ipv4/) ? ['IPv4'] : []),
    ...(noNew ? ['no new TCP connection'] : []),
    ...(tracked?.[1] === (way === 'in' ? 'reply' : 'original') ? ['known connection'] : []),
    ...(fragments ? ['later fragments'] : []),
    ...[take(/ ip6 hoplimit (\d+)/)].flatMap((found) => (found ? [`hop limit ${found[1]}`] : [])),
    ...(take(types === 'nd-router-solicit' ? / ip6 length \{ 8, 16, 32 \}/ : / ip6 length \{ 24, 32, 48 \}/)
      ? ['no payload']
      : []),
    ...(take(/ icmp code frag-needed/) ? ['code 4'] : []),
    ...(take(/ meta skuid \{ 0, 998 \}/) ? ['by the clients'] : []),
    ...(isOwn ? ['for own addresses'] : []),
    ...(rest.trim() === '' ? [] : [`not understood here: ${rest}`]),
  ];
  const address = peer ?? tracked?.[2];
  const whom = loopback
    ? 'this host'
    : address === undefined
      ? 'anybody'
      : (icmp === '' ? ownerOf : neighbourOf)(address);
  const overPorts = (sport ?? dport)?.[1];
  const protocol =
    overPorts ?? (fragments ? 'udp' : l4 === undefined ? (noNew ? 'tcp' : 'all') : (protocols[l4] ?? l4));
  const isEntry = whom === 'entry' && !fragments;
  const [own, other] = (way === 'in' ? [dport, sport] : [sport, dport]).map((found) => found && wordOf(found[2] ?? ''));
  const seen = { way, own, other, whom };
  if (icmp !== '')
    return types
      .split(', ')
      .map((type) =>
        textOf({ ...seen, protocol: `${icmp === 'icmp' ? 'icmpv4' : icmp} ${icmpTypes[type] ?? type}`, only }),
      );
  // Over UDP nobody can tell who speaks first.
  const said =
    isEntry && overPorts === 'tcp' ? only : isEntry && isAnswer(way, own) ? ['no new TCP connection', ...only] : only;
  return [textOf({ ...seen, protocol: isEntry ? "the entry's" : protocol, only: said })];
}

/** A port of the entry on the side of whoever is spoken to. */
function isAnswer(way: string, own: string | undefined): boolean {
  return way === 'in' ? own === undefined : own !== undefined;
}

const onLinux = loadCommands(acceptRules(everybody, around))
  .filter((command) => command.startsWith('add rule inet contain_host '))
  .map((command) => command.replace('add rule inet contain_host ', '').replace(/ accept comment ".*"$/, ''));
const writtenOnLinux = (chains: readonly string[]): [string, string[]][] =>
  onLinux.filter((rule) => chains.includes(rule.split(' ')[0] ?? '')).map((rule) => [rule, readNft(rule)]);

test('on Linux the rules let through what the page says, nothing more and nothing less', () => {
  expect(compare('Linux', writtenOnLinux(['input', 'output']))).toEqual(same);
  // What goes out has to pass a second chain, behind all others.
  expect(compare('Linux', writtenOnLinux(['input', 'postrouting']))).toEqual(same);
});

test('one rule more or less is told by its name', () => {
  const extra = ['advfirewall', 'firewall', 'add', 'rule', 'name=One more', 'dir=out', 'remoteport=1515'];
  const one: [string, string[]] = ['name=One more', readNetsh([...extra, 'remoteip=10.0.0.5/32', 'protocol=tcp'])];
  expect(compare('Windows', [...writtenOnWindows, one]).surplus).toEqual([
    expect.stringMatching(/^name=One more .*1515/),
  ]);
  expect(
    compare(
      'Windows',
      writtenOnWindows.filter(([name]) => !name.includes('DHCP out')),
    ).missing,
  ).toEqual([expect.stringMatching(/^DHCP \(out/)]);
  const more = 'output ip daddr 10.0.0.5 tcp dport 1515';
  expect(compare('Linux', [...writtenOnLinux(['input', 'output']), [more, readNft(more)]]).surplus).toEqual([
    expect.stringContaining(more),
  ]);
  const others = writtenOnLinux(['input', 'output']).filter(([rule]) => !rule.includes('skuid'));
  expect(compare('Linux', others).missing).toEqual([
    expect.stringMatching(/^DHCP, asked/),
    expect.stringMatching(/^DHCPv6, asked/),
  ]);
});
