import { Failure } from '../../outcome/failure';
import type { InstalledAgent } from '../installed';
import type { ConfiguredServer } from './configured-server';
import { configurationText } from './file';
import { serversOfOssec } from './ossec-servers';
import { ossecDialect, Rejected, wazuhDialect } from './scanner';
import { readSections } from './sections';
import { serversOfWazuh } from './wazuh-servers';
import { serversOfWazuh5 } from './wazuh5-servers';

/** Everything that can name a server. */
const wanted = {
  sections: new Set(['client', 'agent']),
  elements: new Set([
    ...['server-ip', 'server-hostname', 'port', 'protocol', 'server', 'manager', 'address', 'endpoint', 'local_ip'],
    ...['notify_time', 'time-reconnect', 'config-profile', 'disable-active-response', 'crypto_method'],
  ]),
};

/** Every server becomes several rules. The largest cluster has far fewer servers. */
const mostServers = 256;

/**
 * The servers that a configuration names, in the order in which the agent takes them. OSSEC and Wazuh read some files
 * differently: every server counts that either of them would use. Throws `Failure('bad-configuration')` where neither
 * would start with the file.
 */
export function readConfiguredServers(
  bytes: Buffer,
  platform: 'windows' | 'linux',
  agent: InstalledAgent | undefined,
): ConfiguredServer[] {
  const text = configurationText(bytes, platform);
  const readings = [attempt(() => readAsOssec(text)), attempt(() => readAsWazuh(text, agent))];
  const rejections = readings.filter((reading) => reading instanceof Rejected);
  if (rejections.length === readings.length) throw unusable(rejections, bytes);
  const servers = withoutRepeats(readings.flatMap((reading) => (reading instanceof Rejected ? [] : reading)));
  if (servers.length > mostServers) throw bad(`it names more than ${mostServers} servers`);
  return servers;
}

function readAsOssec(text: string): ConfiguredServer[] {
  return serversOfOssec(readSections(text, ossecDialect, wanted));
}

function readAsWazuh(text: string, agent: InstalledAgent | undefined): ConfiguredServer[] {
  const sections = readSections(text, wazuhDialect, wanted);
  const isWazuh5 = sections.some(({ name }) => name === 'agent') || (agent?.wazuh ?? 0) >= 5;
  return isWazuh5 ? serversOfWazuh5(sections) : serversOfWazuh(sections);
}

function attempt<T>(read: () => T): T | Rejected {
  try {
    return read();
  } catch (error) {
    if (error instanceof Rejected) return error;
    throw error;
  }
}

function withoutRepeats(servers: readonly ConfiguredServer[]): ConfiguredServer[] {
  return [...new Map(servers.map((server) => [JSON.stringify(server), server])).values()];
}

function unusable(rejections: readonly Rejected[], bytes: Buffer): Failure {
  if (['\xff\xfe', '\xfe\xff'].includes(bytes.toString('latin1', 0, 2))) return bad('it is UTF-16');
  return bad([...new Set(rejections.map(({ message }) => message))].join('; or, read as Wazuh does: '));
}

function bad(why: string): Failure {
  return new Failure('bad-configuration', `The agent's ossec.conf cannot be used: ${why}. Nothing was changed.`);
}
