import { type Address, isRefusal, parseHost } from '../../policy/address';
import type { Surroundings } from '../../policy/seal';
import { readKey, type Unreadable } from '../../windows/registry';
import type { RegistryKeys } from '../../windows/registry-file';
import type { Context } from '../firewall';

/**
 * Below these keys Windows keeps, for each interface, what DHCP or a person configured (Microsoft, "TCP/IP
 * parameters").
 */
const tcpip4 = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters';
const tcpip6 = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters';

/** The address that stands in place of a server while there is no lease. */
const noServer = '255.255.255.255';

/** Reads which DHCP servers gave this host its leases and, where it matters, which name servers it asks. */
export async function readSurroundings(context: Context, needsDns: boolean): Promise<Surroundings> {
  const [four, six] = await Promise.all([read(context, tcpip4), needsDns ? read(context, tcpip6) : undefined]);
  const found = [four, ...(six === undefined ? [] : [six])].flatMap((keys) => ('unreadable' in keys ? [] : [keys]));
  return {
    dhcpServers: 'unreadable' in four ? undefined : addressesIn([four], ['DhcpServer']),
    resolvers: addressesIn(found, ['NameServer', 'DhcpNameServer']),
  };
}

async function read(context: Context, key: string): Promise<RegistryKeys | Unreadable> {
  const reading = await readKey(context.host, context.stateFolder, key, { signal: context.over, isAside: true });
  return 'unreadable' in reading ? reading : reading.keys;
}

/** A value holds one address, or several with blanks or commas between them. */
function addressesIn(readings: readonly RegistryKeys[], names: readonly string[]): Address[] {
  const values = readings.flatMap((keys) => [...keys.values()].flatMap((key) => names.map((name) => key.text(name))));
  const texts = values.flatMap((value) => value?.split(/[ ,]+/) ?? []).filter((text) => text !== noServer);
  return [...new Set(texts)].map(parseHost).flatMap((address) => (isRefusal(address) ? [] : [address]));
}
