import type { Context, Firewall } from './firewall';
import { nftables } from './linux/nftables';
import { windowsFirewall } from './windows/windows-firewall';

/** The firewall of this operating system. */
export function openFirewall(context: Context): Firewall {
  return context.host.platform === 'windows' ? windowsFirewall(context) : nftables(context);
}
