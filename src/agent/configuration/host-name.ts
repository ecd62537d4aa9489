/** A host name of RFC 1123, also with the underscore that Windows and container networks use. */
const hostName =
  /^(?=.{1,253}\.?$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/;

/** A name that ends in a number is an address in an old spelling, and resolvers disagree about which address. */
const endsInNumber = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i;

/** What installers write where nobody named a server (wazuh src/win32/ossec.conf, etc/ossec-agent.conf). */
const placeholders = new Set(['', 'IP', 'MANAGER_IP', '0.0.0.0']);

/** True for a text that may be looked up as a server's name. Everything else is neither resolved nor used. */
export function isHostName(text: string): boolean {
  return !isPlaceholder(text) && hostName.test(text) && !endsInNumber.test(text);
}

export function isPlaceholder(text: string): boolean {
  return placeholders.has(text);
}
