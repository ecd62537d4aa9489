import { readFileSync } from 'node:fs';
import { type Address, isLoopback, isRefusal, parseServer } from '../../policy/address';

/**
 * The C library's file (resolv.conf(5)), and the file in which systemd-resolved notes the servers that it asks itself
 * (systemd-resolved(8)).
 */
const systemFiles = { own: '/etc/resolv.conf', behindLocal: '/run/systemd/resolve/resolv.conf' };

/**
 * The name servers that this host asks. Where one is on the host itself, such as systemd-resolved at 127.0.0.53, also
 * the servers that it asks in turn, as far as they are known. Never throws.
 */
export function readResolvers(files = systemFiles): Address[] {
  const named = nameServersIn(files.own);
  const all = named.some(isLoopback) || named.length === 0 ? [...named, ...nameServersIn(files.behindLocal)] : named;
  const addresses = [...new Set(all)].flatMap((text) => {
    const address = parseServer(text);
    return isRefusal(address) ? [] : [address];
  });
  return [...new Map(addresses.map((address) => [address.text, address])).values()];
}

function nameServersIn(file: string): string[] {
  try {
    const lines = readFileSync(file, 'latin1')
      .slice(0, 64 * 1024)
      .split('\n');
    return lines.flatMap((line) => /^nameserver[ \t]+([^\s#;]+)/.exec(line)?.[1] ?? []);
  } catch {
    return [];
  }
}
