/**
 * The parent of the domain's policy key: since it is always there, a missing policy can be told from an unreadable one.
 */
export const policiesKey = 'HKLM\\SOFTWARE\\Policies\\Microsoft';

/** Where netsh keeps what it is told, the local store. The device management's policy lies below it. */
export const localKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy';

/** The class of network adapters. Below `connectionsKey` their connections have the names that people see. */
const network = '{4d36e972-e325-11ce-bfc1-08002be10318}';
export const adaptersKey = `HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\${network}`;
export const connectionsKey = `HKLM\\SYSTEM\\CurrentControlSet\\Control\\Network\\${network}`;

/** Where the folder of the hosts file is told. */
export const tcpipKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters';

export const serviceKey = (name: string): string => `HKLM\\SYSTEM\\CurrentControlSet\\Services\\${name}`;

/** The firewall's service, and the filtering engine below it. */
export const firewallServices = ['MpsSvc', 'BFE'] as const;
