import { Failure } from '../outcome/failure';
import type { ConfiguredServer } from './configured-server';
import type { InstalledAgent } from './installed';
import { serversOfOssec } from './ossec-servers';
import { ossecDialect, Rejected, wazuhDialect } from './scanner';
import { readSections } from './sections';
import { serversOfWazuh } from './wazuh-servers';
import { serversOfWazuh5 } from './wazuh5-servers';

/** Every server becomes several rules. The largest cluster has far fewer. */
const mostServers = 256;

/**
 * The servers that a configuration names, in the order in which the agent takes them. OSSEC and Wazuh read some files
 * differently; what either of them would use counts. `platform`: on Windows the agent reads in text mode, where Ctrl-Z ends a
 * file. Throws `Failure('bad-configuration')` where no agent would start with the file.
 */
export function readConfiguredServers(
  bytes: Buffer,
  platform: 'windows' | 'linux',
  agent: InstalledAgent | undefined,
): ConfiguredServer[] {
  // One character a byte: names and addresses are ASCII, and the agent does not care about the rest.
  const source = bytes.toString('latin1');
  const end = platform === 'windows' ? source.indexOf('\x1a') : -1;
  const text = end < 0 ? source : source.slice(0, end);
  const readings = [attempt(() => readAsOssec(text)), attempt(() => readAsWazuh(text, agent))];
  const rejections = readings.filter((reading) => reading instanceof Rejected);
  if (rejections.length === readings.length) throw unusable(rejections, bytes);
  const servers = withoutRepeats(readings.flatMap((reading) => (reading instanceof Rejected ? [] : reading)));
  if (servers.length > mostServers) throw bad(`it names more than ${mostServers} servers`);
  return servers;
}

function readAsOssec(text: string): ConfiguredServer[] {
  return serversOfOssec(readSections(text, ossecDialect));
}

function readAsWazuh(text: string, agent: InstalledAgent | undefined): ConfiguredServer[] {
  const sections = readSections(text, wazuhDialect);
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
