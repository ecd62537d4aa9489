import { Address4, Address6 } from 'ip-address';
import { type Address, isRefusal, isWithin, parseServer } from '../policy/address';
import type { Protocol } from '../policy/allow-list';

/** What the kernel does with outgoing packets that a policy of IPsec is for. */
export interface Policy {
  /** The networks that the packets come from and go to. */
  readonly from: string;
  readonly to: string;
  /** What more the policy asks of a packet: `proto`, `sport`, `dport`, `dev` and others. */
  readonly words: ReadonlyMap<string, string>;
  /** The lowest number wins. */
  readonly priority: number;
  readonly isBlock: boolean;
  /** Only for packets through the device with this number, of the kind `xfrm`. */
  readonly isOfDevice: boolean;
  /** Only for packets that somebody marked or labelled. */
  readonly isOfMarked: boolean;
  /** How a packet is wrapped, one on the other; empty: it goes as it is. */
  readonly templates: readonly Template[];
}

interface Template {
  /** The other end of the tunnel; absent in transport mode, where the packet keeps its own. */
  readonly end?: string;
  /** Where nothing was negotiated with that end the packet goes as it is. */
  readonly isOptional: boolean;
}

/** Packets of the agent's to one of its servers. */
export interface Packet {
  readonly to: Address;
  readonly protocol: Protocol;
  readonly port: number;
  /** The addresses that they may come from; empty: not known. */
  readonly from: readonly string[];
  /** The devices that they may go by. */
  readonly devices: readonly string[];
}

/** What policies do with a packet. */
export interface Wrapping {
  /** Where it may go wrapped. */
  readonly ends: readonly string[];
  /** It may go as it is. */
  readonly mayBeBare: boolean;
}

/**
 * Reads what `ip xfrm policy list` prints: two lines `src … dst …` and `dir …`, then a `tmpl` of one to three lines for
 * each wrapping, a `mark` and an `if_id` (ip-xfrm(8)). Returns the policies in the order in which the kernel tries
 * them: by priority, and of equal ones the oldest first, which it lists last.
 */
export function readPolicies(text: string): Policy[] {
  const blocks = text.split(/^(?=src )/m).flatMap(readPolicy);
  return blocks.reverse().sort((one, other) => one.priority - other.priority);
}

function readPolicy(block: string): Policy[] {
  const [, from, to, more = ''] = /^src (\S+) dst (\S+)(.*)/.exec(block) ?? [];
  const [, action = '', priority = ''] = /^\s+dir out (.*)\bpriority (\d+)/m.exec(block) ?? [];
  if (from === undefined || to === undefined || ![from, to].every(isNetwork) || priority === '') return [];
  const words = more.trim().split(/\s+/);
  const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ''] as const] : []));
  return [
    {
      ...{ from, to, priority: Number(priority) },
      words: new Map(pairs.filter(([word]) => word !== '')),
      isBlock: action.includes('action block'),
      isOfDevice: !/^(?:0x)?0+$/.test(/^\s+if_id (\S+)/m.exec(block)?.[1] ?? '0'),
      isOfMarked:
        !/^(?:0x)?0+\//.test(/^\s+mark (\S+)/m.exec(block)?.[1] ?? '0/') || /^\s+security context/m.test(block),
      templates: block.split(/^(?=\s+tmpl )/m).flatMap(readTemplate),
    },
  ];
}

function readTemplate(part: string): Template[] {
  const [, end] = /^\s+tmpl src \S+ dst (\S+)/.exec(part) ?? [];
  if (end === undefined) return [];
  const isTunnel = /\bmode (?:tunnel|beet)\b/.test(part);
  return [{ isOptional: /^\s+level use\b/m.test(part), ...(isTunnel ? { end } : {}) }];
}

/** `policies` stand in the order in which the kernel tries them: the first that the packet meets decides. */
export function wrappingOf(packet: Packet, policies: readonly Policy[]): Wrapping {
  const ends: string[] = [];
  let mayBeBare = false;
  for (const policy of policies) {
    const answer = meets(packet, policy);
    if (answer === 'no') continue;
    const { templates, isBlock } = policy;
    if (!isBlock && templates.length > 0)
      ends.push(templates.findLast(({ end }) => end !== undefined)?.end ?? packet.to.text);
    if (!isBlock && templates.every(({ isOptional }) => isOptional)) mayBeBare = true;
    if (answer === 'yes') return { ends, mayBeBare };
  }
  return { ends, mayBeBare: true };
}

function meets({ to, protocol, port, from, devices }: Packet, policy: Policy): 'yes' | 'perhaps' | 'no' {
  if (policy.isOfDevice || !includes(policy.to, to)) return 'no';
  const sources = from.map((text) => parseServer(text)).flatMap((source) => (isRefusal(source) ? [] : [source]));
  const met = sources.filter((source) => includes(policy.from, source)).length;
  if (sources.length > 0 && met === 0) return 'no';
  const isFromAny = policy.from.endsWith('/0');
  const answers = [...policy.words].map(([word, value]) => {
    if (word === 'proto') return value === protocol || value === String(protocolNumbers[protocol]) ? 'yes' : 'no';
    if (word === 'dport') return value === String(port) ? 'yes' : 'no';
    return word === 'dev' && !devices.includes(value) ? 'no' : 'perhaps';
  });
  if (answers.includes('no')) return 'no';
  const isCertain = (isFromAny || (met > 0 && met === sources.length)) && !policy.isOfMarked;
  return isCertain && !answers.includes('perhaps') ? 'yes' : 'perhaps';
}

/** As `ip` prints them where this host has no /etc/protocols. */
const protocolNumbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17 };

function isNetwork(text: string): boolean {
  return Address4.isValid(text) || Address6.isValid(text);
}

/** True where the network includes the address. A policy for everybody names a network with the prefix 0. */
function includes(network: string, address: Address): boolean {
  const [text = '', prefix = address.family === 4 ? '32' : '128'] = network.split('/');
  if (text.includes(':') !== (address.family === 6)) return false;
  return Number(prefix) === 0 || isWithin(address, { family: address.family, text, prefix: Number(prefix) });
}
