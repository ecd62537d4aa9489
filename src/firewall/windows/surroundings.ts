import { type Address, isRefusal, parseServer } from '../../policy/address';
import type { Surroundings } from '../../policy/seal';
import { readKey, type Unreadable } from '../../windows/registry';
import { keyPath, type RegistryKeys, type RegistryValues } from '../../windows/registry-file';
import type { Context } from '../firewall';

/**
 * Below these keys Windows keeps, for each interface, what DHCP or a person configured (Microsoft, "TCP/IP
 * parameters").
 */
const tcpip4 = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters';
const tcpip6 = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip6\\Parameters';

/** The address that stands in place of a server while there is no lease. */
const noServer = '255.255.255.255';

/** The parent of what follows, which is always there: a missing policy can be told from an unreadable one. */
const policies = 'HKLM\\SOFTWARE\\Policies\\Microsoft';
/** A list that group policy sets in place of those of the interfaces, and below it rules for single names. */
const dnsPolicy = keyPath(`${policies}\\Windows NT\\DNSClient`);
/** Rules for single names ([MS-GPNRPT]) that a VPN or a person made. */
const nameRules = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters';

/** Reads which DHCP servers gave this host its leases and, where it matters, which name servers it asks. */
export async function readSurroundings(context: Context, needsDns: boolean): Promise<Surroundings> {
  const others = needsDns ? [tcpip6, policies, nameRules] : [];
  const [four, ...more] = await Promise.all([tcpip4, ...others].map((key) => read(context, key)));
  const found = [four, ...more].flatMap((keys) => (keys === undefined || 'unreadable' in keys ? [] : [keys]));
  return {
    dhcpServers: four === undefined || 'unreadable' in four ? undefined : addressesIn([four], ['DhcpServer']),
    resolvers: [...addressesIn(found, ['NameServer', 'DhcpNameServer', 'GenericDNSServers']), ...leasedSix(found)],
  };
}

async function read(context: Context, key: string): Promise<RegistryKeys | Unreadable> {
  const reading = await readKey(context.host, context.stateFolder, key, { signal: context.over, isAside: true });
  return 'unreadable' in reading ? reading : reading.keys;
}

/** A value holds one address, or several with blanks, commas or semicolons between them. */
function addressesIn(readings: readonly RegistryKeys[], names: readonly string[]): Address[] {
  const values = valuesIn(readings).flatMap((key) => names.map((name) => key.text(name)));
  const texts = values.flatMap((value) => value?.split(/[ ,;]+/) ?? []).filter((text) => text !== noServer);
  return [...new Set(texts)].map(parseServer).flatMap((address) => (isRefusal(address) ? [] : [address]));
}

/** What DHCPv6 gave: addresses of 16 bytes, one after another, in a REG_BINARY. */
function leasedSix(readings: readonly RegistryKeys[]): Address[] {
  return valuesIn(readings).flatMap((key) => {
    const value = key.value('Dhcpv6DNSServers');
    const bytes = typeof value === 'object' && 'bytes' in value ? value.bytes : Buffer.alloc(0);
    const starts = Array.from({ length: Math.floor(bytes.length / 16) }, (_, index) => 16 * index);
    const texts = starts.map((at) => bytes.toString('hex', at, at + 16).replace(/(.{4})(?!$)/g, '$1:'));
    return texts.map(parseServer).flatMap((address) => (isRefusal(address) ? [] : [address]));
  });
}

/** Of the policies only those for DNS count. */
function valuesIn(readings: readonly RegistryKeys[]): RegistryValues[] {
  return readings.flatMap((keys) =>
    [...keys].flatMap(([path, values]) =>
      path.startsWith(keyPath(policies)) && !path.startsWith(dnsPolicy) ? [] : [values],
    ),
  );
}
