import { quote } from '../../policy/address';
import type { Protocol } from '../../policy/allow-list';
import { type ConfiguredServer, parsePort } from './configured-server';
import { legacyHost } from './ossec-servers';
import { Rejected } from './scanner';
import { type Element, textsOf } from './sections';

const defaultPort = 1514;

/**
 * The servers as an agent of Wazuh 3 or 4 reads them (wazuh src/config/client-config.c): those of all sections, in
 * order. A `server` has its own port and protocol; OSSEC's older elements share those of their section. Throws
 * `Rejected`.
 */
export function serversOfWazuh(sections: readonly Element[]): ConfiguredServer[] {
  return sections.flatMap((section) => {
    if (section.children.length === 0) throw new Rejected('a client section is empty');
    const shared = portAndProtocols(section);
    return section.children.flatMap((child): ConfiguredServer[] => {
      if (child.name === 'server') return [{ host: hostOf(child), ...portAndProtocols(child) }];
      return legacyHost(child).map((host) => ({ host: checkHost(host), ...shared }));
    });
  });
}

/** The address of a `server`, which may be a host name. Throws `Rejected`. */
export function hostOf(server: Element): string {
  const host = textsOf(server, 'address').map(checkHost).at(-1);
  if (host === undefined) throw new Rejected('a server has no address');
  return host;
}

function checkHost(host: string): string {
  if (host.includes('/')) throw new Rejected(`${quote(host)} is not a host`);
  return host;
}

function portAndProtocols(element: Element): Omit<ConfiguredServer, 'host'> {
  const protocol = textsOf(element, 'protocol').map(parseProtocol).at(-1);
  return {
    port: textsOf(element, 'port').map(parsePort).at(-1) ?? defaultPort,
    protocols: protocol === undefined ? undefined : [protocol],
  };
}

function parseProtocol(text: string): Protocol {
  if (text !== 'udp' && text !== 'tcp') throw new Rejected(`${quote(text)} is not a protocol`);
  return text;
}
