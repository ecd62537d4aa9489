import { type Address, isRefusal, parseHost } from '../../src/policy/address';
import { overlaps, rangeOf } from '../../src/policy/address-set';
import type { AllowList } from '../../src/policy/allow-list';
import type { Rule } from '../../src/policy/rule';
import { rulesOf } from '../../src/policy/rules';

/** Whoever may talk to a host, and by which protocol; what passes is asked of the policy. */
interface Peer {
  readonly name: string;
  readonly detail: string;
  readonly address: Address;
  /** The flow that the picture is about: protocol, and ports of both ends. */
  readonly protocol: 'tcp' | 'udp';
  readonly local: number;
  readonly remote: number;
}

const server = addressOf('10.0.0.5');
const handler = addressOf('192.0.2.50');

/** One server, one handler: the usual case. */
const allowList: AllowList = {
  servers: [{ address: server, port: 1514, protocols: ['udp'] }],
  handlers: [handler],
  needsDns: false,
};

const peers: readonly Peer[] = [
  { name: 'OSSEC or Wazuh server', detail: '10.0.0.5, port 1514', address: server, ...flow('udp', 50_000, 1514) },
  { name: 'Incident handler', detail: '192.0.2.50, every port', address: handler, ...flow('tcp', 445, 50_000) },
  { name: 'DHCP server', detail: 'keeps the address alive', address: addressOf('10.0.0.1'), ...flow('udp', 68, 67) },
  { name: 'Name server', detail: '10.0.0.53', address: addressOf('10.0.0.53'), ...flow('udp', 50_000, 53) },
  {
    name: 'Other PCs',
    detail: 'file shares, remote desktop',
    address: addressOf('10.0.0.77'),
    ...flow('tcp', 445, 50_000),
  },
  {
    name: 'The internet',
    detail: 'web, mail, an attacker',
    address: addressOf('203.0.113.66'),
    ...flow('tcp', 50_000, 443),
  },
];

/** Peers that the policy lets through, in or out. */
export function letThrough(): string[] {
  const rules = rulesOf(allowList);
  return peers.filter((peer) => rules.some((rule) => passes(rule, peer))).map(({ name }) => name);
}

function passes({ action, protocol, localPorts, remotePorts, remote }: Rule, peer: Peer): boolean {
  const isPort = (ports: Rule['localPorts'], port: number): boolean =>
    ports === undefined || ports === 'any' || ports.some(({ first, last }) => port >= first && port <= last);
  return (
    action === 'allow' &&
    protocol === peer.protocol &&
    isPort(localPorts, peer.local) &&
    isPort(remotePorts, peer.remote) &&
    remote !== 'dns' &&
    (remote === undefined || overlaps(remote, [rangeOf(peer.address)]))
  );
}

const width = 860;
const rowHeight = 46;
const top = 74;

/** The picture, as SVG. */
export function picture(): string {
  const open = letThrough();
  const height = top + peers.length * rowHeight + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="14">
<title>Who can talk to a host before and while it is contained</title>
<desc>Before: everybody. While contained: ${open.join(', ')}; nobody else.</desc>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${panel(
  20,
  'Before',
  peers.map(({ name }) => name),
  height,
)}
${panel(450, 'While contained', open, height)}
</svg>
`;
}

function panel(x: number, title: string, open: readonly string[], height: number): string {
  const middle = (top + height - 20) / 2;
  const rows = peers.map(({ name, detail }, index) => {
    const y = top + index * rowHeight + 16;
    const isOpen = open.includes(name);
    const line = `<line x1="${x + 92}" y1="${middle}" x2="${x + 190}" y2="${y}" stroke="${isOpen ? '#1a7f37' : '#b0b0b0'}" stroke-width="${isOpen ? 2.5 : 1.5}"${isOpen ? '' : ' stroke-dasharray="4 5"'}/>`;
    const mark = isOpen ? '' : `<text x="${x + 190}" y="${y + 5}" fill="#c62828" font-weight="bold">x</text>`;
    const text = `<text x="${x + 204}" y="${y}" fill="${isOpen ? '#111111' : '#8a8a8a'}">${name}</text>`;
    return `${line}${mark}${text}<text x="${x + 204}" y="${y + 16}" font-size="11" fill="#8a8a8a">${detail}</text>`;
  });
  return `<text x="${x}" y="36" font-size="20" font-weight="bold" fill="#111111">${title}</text>
<rect x="${x}" y="${middle - 26}" width="92" height="52" rx="8" fill="#e8f0fe" stroke="#1f4e9c" stroke-width="2"/>
<text x="${x + 46}" y="${middle + 5}" text-anchor="middle" fill="#1f4e9c" font-weight="bold">this host</text>
${rows.join('\n')}`;
}

function flow(protocol: Peer['protocol'], local: number, remote: number): Pick<Peer, 'protocol' | 'local' | 'remote'> {
  return { protocol, local, remote };
}

function addressOf(text: string): Address {
  const address = parseHost(text);
  if (isRefusal(address)) throw new Error(address.refused);
  return address;
}
