import type { Host } from '../host';
import { closedFolder } from '../windows/closed-folder';
import { adaptersKey, connectionsKey } from '../windows/keys';
import { readKey, type Unreadable } from '../windows/registry';
import { keyPath, type RegistryKeys, type RegistryValues } from '../windows/registry-file';

/** NCF_PHYSICAL: the adapter has hardware (Windows DDK, netcfgx.h). A virtual machine's hardware counts. */
const physical = 0x4;

/** What stands in for a card of the host itself: Hyper-V's switch, teams of cards, bridges. */
const standsForCard = /^(vms_|ms_implat|ms_bridge|compositebus\\ms_implat)/i;

/** IANA ifType of PPP, proprietary virtual, and tunnel. */
const tunnelTypes: readonly (number | undefined)[] = [23, 53, 131];

/**
 * The names of the connections of those adapters that VPN clients make and that play a network card. Windows notes for
 * each adapter whether it has hardware. Takes `timeouts.adapters` at most; where the registry cannot be read by then,
 * nothing is known of any adapter. `over`: nobody needs it any more.
 */
export async function readVpnAdapters(host: Host, over?: AbortSignal): Promise<ReadonlySet<string> | Unreadable> {
  const inTime = AbortSignal.timeout(host.timeouts.adapters);
  const signal = over === undefined ? inTime : AbortSignal.any([inTime, over]);
  const read = (key: string) => readKey(host, closedFolder(host), key, { signal });
  const [classes, connections] = await Promise.all([read(adaptersKey), read(connectionsKey)]);
  if ('unreadable' in classes) return classes;
  return 'unreadable' in connections ? connections : vpnAdaptersIn(classes.keys, connections.keys);
}

export function vpnAdaptersIn(classes: RegistryKeys, connections: RegistryKeys): Set<string> {
  const names = [...classes].flatMap(([path, adapter]) => {
    const id = adapter.text('NetCfgInstanceId');
    if (!/\\\d{4}$/.test(path) || id === undefined || !isVpn(adapter)) return [];
    return connections.get(keyPath(`${connectionsKey}\\${id}\\Connection`))?.text('Name') ?? [];
  });
  return new Set(names);
}

function isVpn(adapter: RegistryValues): boolean {
  if (standsForCard.test(adapter.text('ComponentId') ?? '')) return false;
  const characteristics = adapter.number('Characteristics');
  const isVirtual = characteristics !== undefined && (characteristics & physical) === 0;
  return isVirtual || tunnelTypes.includes(adapter.number('*IfType'));
}
