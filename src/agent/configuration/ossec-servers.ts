import { type ConfiguredServer, checkServerIp, parsePort } from './configured-server';
import { Rejected } from './scanner';
import { type Element, textsOf } from './sections';

const defaultPort = 1514;

/** The only elements that OSSEC takes in its `client` section (ossec-hids src/config/client-config.c). */
const known = new Set([
  ...['server-ip', 'server-hostname', 'port', 'local_ip', 'notify_time', 'time-reconnect', 'config-profile'],
  ...['disable-active-response', 'crypto_method'],
]);

/**
 * The servers as an OSSEC agent reads them: those of all sections, in order. All have the same port, the last one in
 * the file. Throws `Rejected`.
 */
export function serversOfOssec(sections: readonly Element[]): ConfiguredServer[] {
  const hosts: string[] = [];
  for (const { name: section, children } of sections) {
    if (section !== 'client') throw new Rejected(`OSSEC has no section "${section}"`);
    const unknown = children.find(({ name }) => !known.has(name));
    if (unknown !== undefined) throw new Rejected(`OSSEC has no "${unknown.name}" in a client section`);
    for (const child of children) hosts.push(...legacyHost(child));
    if (hosts.length === 0) throw new Rejected('a client section names no server');
  }
  const ports = sections.flatMap((section) => textsOf(section, 'port'));
  const port = ports.map(parsePort).at(-1) ?? defaultPort;
  return hosts.map((host) => ({ host, port, protocols: undefined }));
}

/** The host that a `server-ip` or `server-hostname` names; none for every other element. Throws `Rejected`. */
export function legacyHost({ name, text }: Element): string[] {
  if (name === 'server-ip') return [checkServerIp(text)];
  return name === 'server-hostname' ? [text] : [];
}
