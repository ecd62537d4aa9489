import type { Host } from '../host';
import { configurationText, readConfigurationFile } from './configuration/file';
import { type Dialect, ossecDialect, Rejected, wazuhDialect } from './configuration/scanner';
import { type Element, readSections, textsOf } from './configuration/sections';
import { findInstalledAgent, type InstalledAgent } from './installed';

/** What ossec.conf says about active responses and about the log of their outcomes. */
export interface ActiveResponseConfiguration {
  /** The first `<disabled>` of an active-response section; the agent heeds no other. Absent: there is none. */
  readonly disabled: string | undefined;
  /** True where `<client><disable-active-response>` is `yes`: that switches active responses off as well. */
  readonly disabledInClient: boolean;
  /** True where the agent runs no active responses unless told to: OSSEC on Windows. Wazuh runs them by default. */
  readonly disabledByDefault: boolean;
  /** The files that the agent sends to the server, as the configuration writes them. */
  readonly locations: readonly string[];
}

const wanted = {
  sections: new Set(['active-response', 'client', 'localfile']),
  elements: new Set(['disabled', 'disable-active-response', 'location']),
};

/**
 * Reads ossec.conf as the agent's execd and logcollector do (the agents' src/os_execd/config.c). Throws the reason why
 * it cannot be read.
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

/** Reads the text as the installed agent does; where that agent is unknown, as the first of the two that can. */
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
