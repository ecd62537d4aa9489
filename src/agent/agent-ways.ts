import { type Fields, textOf } from '../json';
import type { Server } from '../policy/allow-list';
import { askBatch, Unread } from './iproute';
import { type Way, waysOf } from './routes';

/** The ways by which the agent's packets go to a server. */
export interface Ways {
  /** The kernel chooses one of these. Empty: there is no route. */
  readonly usual: readonly Way[];
  /** It takes one of these for packets that rules of a firewall marked, and for some of this host's own ports. */
  readonly possible: readonly Way[];
  /** The addresses that the packets come from. */
  readonly sources: readonly string[];
}

/** Words behind `ip route get ADDRESS` that say which packet is meant (ip-route(8)). */
type Words = readonly string[];

/** The rules by which the kernel chooses a table of routes (ip-rule(8)). Throws `Unread`. */
export async function readRules(family: 4 | 6): Promise<readonly Fields[]> {
  const rules = (await askBatch(['rule show'], family)).flat();
  if (rules.length === 0) throw new Unread('ip did not list the rules for routes');
  return rules;
}

/**
 * Asks the kernel which way it sends the agent's packets to a server. Where no rule asks anything of a packet, all go
 * the same way. `users`: the numbers of those that the agent may run as. Throws `Unread`.
 */
export async function readWays(server: Server, rules: readonly Fields[], users: readonly number[]): Promise<Ways> {
  const { address, port, protocols } = server;
  if (rules.every(isForAll)) return { ...(await ask(server, [[]])), possible: [] };
  const packets = protocols.flatMap((protocol) =>
    users.map((user) => ['ipproto', protocol, 'dport', String(port), 'uid', String(user)]),
  );
  const { usual, sources } = await askFromSource(server, rules, packets);
  if (usual.length === 0 && (await ask(server, [[]])).usual.length > 0)
    throw new Unread(`ip does not tell the way of the agent's own packets to ${address.text} port ${port}`);
  const variants = rules.map(variantFor).filter((words) => words.length > 0);
  const others = packets.flatMap((packet) => variants.map((words) => [...packet, ...words]));
  return { usual, sources, possible: (await askFromSource(server, rules, others)).usual };
}

/** True for a rule that asks nothing of a packet, such as the kernel's own three. */
function isForAll({ priority, src, table, protocol, ...more }: Fields): boolean {
  return src === 'all' && table !== undefined && Object.keys(more).length === 0;
}

/** What a packet must have that this rule means, by what is not known beforehand of the agent's. */
function variantFor({ fwmark, sport, sport_start }: Fields): Words {
  const port = textOf(sport ?? sport_start);
  return [...(fwmark === undefined ? [] : ['mark', textOf(fwmark)]), ...(port === '' ? [] : ['sport', port])];
}

/**
 * The kernel looks twice: the first way gives the packet its address, and then rules for this address choose (the
 * kernel's ip_route_connect).
 */
async function askFromSource(
  server: Server,
  rules: readonly Fields[],
  packets: readonly Words[],
): Promise<Omit<Ways, 'possible'>> {
  const first = await ask(server, packets);
  if (rules.every(({ src }) => src === 'all')) return first;
  return ask(
    server,
    packets.flatMap((packet) => first.sources.map((source) => [...packet, 'from', source])),
  );
}

/** The usual answer has the packet's own address, and the one by `fibmatch` all next hops that its route names. */
async function ask({ address: { text } }: Server, packets: readonly Words[]): Promise<Omit<Ways, 'possible'>> {
  const questions = packets.flatMap((words) =>
    ['', 'fibmatch '].map((how) => ['route get', `${how}${text}`, ...words].join(' ')),
  );
  const found = (await askBatch(questions)).flat();
  const sources = found.flatMap(({ prefsrc, from }) => prefsrc ?? from).filter((one) => typeof one === 'string');
  return { usual: await waysOf(found), sources: [...new Set(sources)] };
}
