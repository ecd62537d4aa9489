import { quote } from '../../policy/address';
import { type ConfiguredServer, parsePort } from './configured-server';
import { legacyHost } from './ossec-servers';
import { Rejected } from './scanner';
import { type Element, textsOf } from './sections';
import { hostOf } from './wazuh-servers';

const defaultPort = '1517';

/** `[https://] host [:port] [/prefix]`; an IPv6 address stands in brackets. */
const endpoint = /^(?:https:\/\/)?(?:\[([^\]]*)\]|([^\s/:?#@[\]]+))(?::(\d+))?(?:\/[^?#]*)?$/i;

/**
 * The servers of a Wazuh 5 agent, which speaks HTTPS (wazuh src/config/src/client-config.c). Today the agent takes only
 * the last `server` or `manager` of an `agent` section. All of them count here: whoever wrote several means several,
 * and the next version may take them all. Where there is none, the `client` sections that an upgrade left count,
 * without their ports. Throws `Rejected`.
 */
export function serversOfWazuh5(sections: readonly Element[]): ConfiguredServer[] {
  const agents = sections.filter(({ name }) => name === 'agent');
  const clients = sections.filter(({ name }) => name === 'client');
  const own = agents.flatMap(({ children }) => children.filter(({ name }) => name === 'server' || name === 'manager'));
  if (own.length > 0) return own.map(readServer);
  const older = agents.flatMap(({ children }) => children.flatMap(legacyHost));
  if (older.length > 0) return older.map(onDefaultPort);
  return clients.flatMap(({ children }) => children.filter(({ name }) => name === 'server').map(readLegacyServer));
}

function readServer(server: Element): ConfiguredServer {
  const whole = textsOf(server, 'endpoint').at(-1);
  // In a `server` element an endpoint is only a path.
  if (server.name === 'manager' && whole !== undefined) return parseEndpoint(whole);
  return { host: hostOf(server), port: parsePort(textsOf(server, 'port').at(-1) ?? defaultPort), protocols: ['tcp'] };
}

function readLegacyServer(server: Element): ConfiguredServer {
  const whole = textsOf(server, 'endpoint').at(-1);
  return whole === undefined ? onDefaultPort(hostOf(server)) : parseEndpoint(whole);
}

function parseEndpoint(text: string): ConfiguredServer {
  const parts = endpoint.exec(text);
  if (parts === null) throw new Rejected(`${quote(text)} is not an endpoint`);
  return { host: parts[1] ?? parts[2] ?? '', port: parsePort(parts[3] ?? defaultPort), protocols: ['tcp'] };
}

function onDefaultPort(host: string): ConfiguredServer {
  return { host, port: parsePort(defaultPort), protocols: ['tcp'] };
}
