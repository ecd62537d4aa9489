import type { Host } from '../../host';
import { configurationText, readConfigurationFile } from './file';

/** What the configuration seems to say. */
export interface Glance {
  readonly namesServers: boolean;
  /** All servers are named by their addresses. */
  readonly needsNoLookUp: boolean;
}

/**
 * Looks at the configuration long before it is understood: an order then begins what takes its time, and where a name
 * has to be looked up that would be too old by then. To be wrong costs time, and nothing else. Never throws.
 */
export function glanceAtServers(platform: Host['platform'], home: string): Glance {
  try {
    const text = configurationText(readConfigurationFile(platform, home), platform);
    const servers = [...text.matchAll(/<(?:server-hostname|server-ip|address)>([^<]*)</gi)];
    const isAddress = ([, server = '']: readonly string[]): boolean => /^\s*[0-9a-f.:]+\s*$/i.test(server);
    return { namesServers: servers.length > 0, needsNoLookUp: servers.length > 0 && servers.every(isAddress) };
  } catch {
    return { namesServers: false, needsNoLookUp: false };
  }
}
