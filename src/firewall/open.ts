import type { Context, Firewall } from './firewall';

/** The firewall of this operating system. That of the other one is not loaded: an order waits for all that is. */
export async function openFirewall(context: Context): Promise<Firewall> {
  if (context.host.platform === 'windows') return (await import('./windows/windows-firewall')).windowsFirewall(context);
  return (await import('./linux/nftables')).nftables(context);
}
