/**
 * The commands of the batch script that this program replaces, contain-me.cmd (Xavier Mertens, SANS ISC diary 26576,
 * 2020), for comparison only. They are never run: its outbound server rule, for one, matches nothing an agent sends.
 * `home`: the agent's folder with the separator behind it, as OSSECPATH has it.
 */
export function batchScriptCommands(
  action: 'add' | 'delete',
  home: string,
  server: string,
  handler: string,
): string[][] {
  const netsh = '%WINDIR%\\system32\\netsh';
  const backup = `${home}fw-backup.wfw`;
  if (action === 'delete') return [[netsh, 'advfirewall', 'import', backup]];
  const add = (name: string, ...parameters: string[]): string[] => [
    ...[netsh, 'advfirewall', 'firewall', 'add', 'rule', `name=${name}`],
    ...[...parameters, 'action=allow'],
  ];
  const agent = ['localport=1514', `remoteip=${server}/32`, 'protocol=udp'];
  const all = ['localport=any', `remoteip=${handler}/32`];
  return [
    [netsh, 'advfirewall', 'export', backup],
    [netsh, 'ADVFIREWALL', 'FIREWALL', 'SET', 'RULE', 'all', 'NEW', 'enable=no'],
    add('Allow ICMP in', 'dir=in', 'protocol=icmpv4'),
    add('Allow ICMP out', 'dir=out', 'protocol=icmpv4'),
    add('Allow OSSEC Server in', 'dir=in', ...agent),
    add('Allow OSSEC Server out', 'dir=out', ...agent),
    add('Allow OSSEC Server in/tcp', 'dir=in', ...all, 'protocol=tcp'),
    add('Allow OSSEC Server in/udp', 'dir=in', ...all, 'protocol=udp'),
    add('Allow OSSEC Server out/tcp', 'dir=out', ...all, 'protocol=tcp'),
    add('Allow OSSEC Server out/udp', 'dir=out', ...all, 'protocol=udp'),
    [netsh, 'advfirewall', 'set', 'allprofiles', 'firewallpolicy', 'blockinbound,blockoutbound'],
  ];
}
