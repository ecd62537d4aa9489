import type { Firewall, Site } from './firewall';
import { nftables } from './linux/nftables';
import { windowsFirewall } from './windows/windows-firewall';

/** The firewall of this operating system. */
export function openFirewall(site: Site): Firewall {
  return site.host.platform === 'windows' ? windowsFirewall(site) : nftables(site);
}
