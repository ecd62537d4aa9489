import { XMLParser } from 'fast-xml-parser';
import { Failure } from '../outcome/failure';
import type { Protocol } from '../policy/policy';
import { normalise } from './normalise';

/** A server as the configuration names it; nothing is validated or resolved yet. */
export interface ConfiguredServer {
  readonly host: string;
  readonly port: number;
  /** Undefined where the configuration does not say: the agent's version decides. */
  readonly protocols: readonly Protocol[] | undefined;
}

/** `[name, children or text]` in document order. */
type Element = { readonly name: string; readonly children: readonly Element[]; readonly text: string };

const agentPort = 1514;
const wazuh5Port = 1517;

/**
 * The servers that a configuration names, in the order in which the agent takes them. `platform`: on Windows the agent reads
 * in text mode, where Ctrl-Z ends a file.
 * Throws `Failure('bad-configuration')` where the agent would not read the file either.
 */
export function readConfiguredServers(bytes: Buffer, platform: 'windows' | 'linux'): ConfiguredServer[] {
  if (isUtf16(bytes)) throw bad('it is UTF-16, which the agent does not read');
  // One character a byte: names and addresses are ASCII, and the agent does not care about the rest.
  const source = bytes.toString('latin1');
  const end = platform === 'windows' ? source.indexOf('\x1a') : -1;
  const text = end < 0 ? source : source.slice(0, end);
  const xml = normalise(text, 'ossec') ?? normalise(text, 'wazuh');
  if (xml === undefined) throw bad('its tags do not fit together');
  return serversOf(parse(xml));
}

function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.toString('latin1', 0, 2);
  return mark === '\xff\xfe' || mark === '\xfe\xff';
}

function bad(why: string): Failure {
  return new Failure('bad-configuration', `The agent's ossec.conf cannot be used: ${why}. Nothing was changed.`);
}

const parser = new XMLParser({
  preserveOrder: true,
  trimValues: false,
  parseTagValue: false,
  ignoreAttributes: true,
  processEntities: true,
});

function parse(xml: string): readonly Element[] {
  const [root] = toElements(parser.parse(xml));
  return root?.children ?? [];
}

/** From fast-xml-parser's ordered form; a value is the last run of text, as with the agent. */
function toElements(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown): Element[] => {
    const [name, content] = Object.entries(node as object)[0] ?? [];
    if (name === undefined || name === '#text' || !Array.isArray(content)) return [];
    const texts = content.flatMap((child: unknown) => {
      const text = (child as Readonly<Record<string, unknown>>)['#text'];
      return typeof text === 'string' ? [text] : [];
    });
    return [{ name, children: toElements(content), text: texts.at(-1) ?? '' }];
  });
}

function serversOf(sections: readonly Element[]): ConfiguredServer[] {
  const wazuh5 = wazuh5Server(sections.filter(({ name }) => name === 'agent'));
  if (wazuh5 !== undefined) return [wazuh5];
  const clients = sections.filter(({ name }) => name === 'client');
  const isWazuh = clients.some(({ children }) => children.some(({ name }) => name === 'server' || name === 'protocol'));
  // To OSSEC one port serves every server, wherever it stands; to Wazuh each block has its own.
  const lastPort = clients.map((client) => lastValue(client, 'port')).findLast((port) => port !== undefined);
  return clients.flatMap((client) => clientServers(client, isWazuh ? lastValue(client, 'port') : lastPort));
}

/** Wazuh 5 speaks HTTPS to one server, the last one named. */
function wazuh5Server(agents: readonly Element[]): ConfiguredServer | undefined {
  const servers = agents.flatMap(({ children }) => children.filter(({ name }) => name === 'server'));
  return servers
    .flatMap((server) => namedServer(server, wazuh5Port))
    .map((server) => ({ ...server, protocols: ['tcp'] as const }))
    .at(-1);
}

function clientServers(client: Element, port: string | undefined): ConfiguredServer[] {
  const protocols = protocolsOf(client);
  return client.children.flatMap((child) => {
    if (child.name === 'server') return namedServer(child, agentPort);
    if (child.name !== 'server-ip' && child.name !== 'server-hostname') return [];
    return withPort(child.text, port, agentPort, protocols);
  });
}

function namedServer(server: Element, defaultPort: number): ConfiguredServer[] {
  const host = lastValue(server, 'address');
  return host === undefined ? [] : withPort(host, lastValue(server, 'port'), defaultPort, protocolsOf(server));
}

/** With a port that is none the agent does not start, so such a server is nobody's. */
function withPort(
  host: string,
  port: string | undefined,
  defaultPort: number,
  protocols: ConfiguredServer['protocols'],
): ConfiguredServer[] {
  if (port === undefined) return [{ host, port: defaultPort, protocols }];
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65535 ? [{ host, port: number, protocols }] : [];
}

/** The last one counts. */
function lastValue({ children }: Element, wanted: string): string | undefined {
  return children.findLast(({ name }) => name === wanted)?.text;
}

function protocolsOf(element: Element): ConfiguredServer['protocols'] {
  const value = lastValue(element, 'protocol');
  return value === 'udp' || value === 'tcp' ? [value] : undefined;
}
