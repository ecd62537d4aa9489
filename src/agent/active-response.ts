import type { Host } from '../host';
import { configurationText, readConfigurationFile } from './configuration/file';
import { type Dialect, ossecDialect, Rejected, wazuhDialect } from './configuration/scanner';
import { type Element, readSections, textsOf } from './configuration/sections';
import { findInstalledAgent, type InstalledAgent } from './installed';

/** What ossec.conf says about active responses and about the log of their outcomes. */
export interface ActiveResponseConfiguration {
  /** The first `<disabled>` of an active-response section: to the agent no other counts. Absent: there is none. */
  readonly disabled: string | undefined;
  /** `<client><disable-active-response>` is on, which switches them off as well. */
  readonly disabledInClient: boolean;
  /** What the agent does where nothing is said: OSSEC is off by default on Windows, Wazuh never. */
  readonly disabledByDefault: boolean;
  /** The files that are sent to the server, as written. */
  readonly locations: readonly string[];
}

const wanted = {
  sections: new Set(['active-response', 'client', 'localfile']),
  elements: new Set(['disabled', 'disable-active-response', 'location']),
};

/**
 * Reads it as the agent's execd and logcollector do (src/os_execd/config.c). Throws the reason why it cannot be read.
 */
export function readActiveResponse(platform: Host['platform'], home: string): ActiveResponseConfiguration {
  const text = configurationText(readConfigurationFile(platform, home), platform);
  const agent = findInstalledAgent(home);
  const sections = readAs(text, agent);
  const textsIn = (section: string, element: string): string[] =>
    sections.filter(({ name }) => name === section).flatMap((found) => textsOf(found, element));
  return {
    disabled: textsIn('active-response', 'disabled')[0],
    disabledInClient: textsIn('client', 'disable-active-response').at(-1) === 'yes',
    disabledByDefault: platform === 'windows' && agent?.wazuh === undefined,
    locations: textsIn('localfile', 'location'),
  };
}

function dialectsOf(agent: InstalledAgent | undefined): readonly Dialect[] {
  if (agent === undefined) return [ossecDialect, wazuhDialect];
  return [agent.wazuh === undefined ? ossecDialect : wazuhDialect];
}

/** As the installed agent reads it; where that is not known, as one of the two can. */
function readAs(text: string, agent: InstalledAgent | undefined): readonly Element[] {
  let rejected: Rejected | undefined;
  for (const dialect of dialectsOf(agent)) {
    try {
      return readSections(text, dialect, wanted);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      rejected ??= error;
    }
  }
  throw rejected;
}
