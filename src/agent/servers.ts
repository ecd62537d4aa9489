import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { isRefusal, parseServer, quote } from '../policy/address';
import type { Server } from '../policy/allow-list';
import { errorText } from '../process/error-code';
import { openAgentLog } from './agent-log';
import { readConfigurationFile } from './configuration/file';
import { isHostName, isPlaceholder } from './configuration/host-name';
import { readConfiguredServers } from './configuration/ossec-conf';
import { configurationOf } from './home';
import { defaultProtocols, findInstalledAgent } from './installed';
import { isKnown, type Known, type LookUp, type Resolution, resolveNames, systemLookUp } from './resolve';

/** The agent's servers, ready for rules. */
export interface AgentServers {
  /** In the order of the configuration. */
  readonly servers: readonly Server[];
  /** Names that did not resolve; the agent cannot use them now either. */
  readonly unresolved: readonly string[];
  /** True where some server is a name, which the agent looks up again at every reconnect. */
  readonly needsDns: boolean;
  /** The names of servers with the addresses that are let in for them. */
  readonly names: readonly NamedAddresses[];
  /** For people to read: what was left out, and why. */
  readonly warnings: readonly string[];
}

/** A name and its addresses, without prefixes. */
export interface NamedAddresses {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Servers as far as their names were resolved in time. */
export interface ResolvedServers extends AgentServers {
  /** The same with what name servers have answered since; nothing is taken away. Waits for nothing. */
  later(): AgentServers;
}

/** The servers that the configuration names, not resolved yet. */
interface NamedServers {
  /** True where there is anything to resolve. */
  readonly hasNames: boolean;
  /** True where no look-up has to be waited for. `inCase`: as for `resolve`. */
  areKnown(inCase: readonly NamedAddresses[]): boolean;
  /**
   * Resolves the names, as many as answer in time. `inCase`: the addresses that the open case let in for them before.
   * Throws `Failure('no-server')` when no server is left.
   */
  resolve(inCase?: readonly NamedAddresses[], lookUp?: LookUp): Promise<ResolvedServers>;
}

/**
 * Reads the agent's configuration. Throws `Failure`: `bad-configuration` when the file cannot be read or used,
 * `no-server` when it names none that could be used.
 */
export function readNamedServers(host: Host, home: string): NamedServers {
  const file = configurationOf(host.platform, home);
  const agent = findInstalledAgent(home);
  const configured = readConfiguredServers(readConfiguration(host.platform, home, file), host.platform, agent);
  const names = [...new Set(configured.map((server) => server.host).filter(isHostName))];
  const gather = (resolved: ReadonlyMap<string, Resolution>): AgentServers => {
    const servers: Server[] = [];
    const leftOut = new Set<string>();
    for (const { host: text, port, protocols = defaultProtocols(agent) } of configured) {
      const addresses = resolved.get(text) ?? readLiteral(text);
      if ('refused' in addresses) leftOut.add(addresses.refused);
      else for (const address of addresses) merge(servers, { address, port, protocols });
    }
    const unresolved = [...resolved].filter(([, found]) => !('refused' in found) && found.length === 0);
    const unresolvedNames = unresolved.map(([name]) => name);
    if (servers.length === 0) throw noServer(file, unresolvedNames, leftOut);
    return {
      servers,
      unresolved: unresolvedNames,
      needsDns: [...resolved.values()].some((found) => !('refused' in found)),
      names: [...resolved].flatMap(([name, found]) =>
        'refused' in found || found.length === 0 ? [] : [{ name, addresses: found.map(({ text }) => text) }],
      ),
      warnings: [...leftOut].map((reason) => `A server in ossec.conf is left out: ${reason}.`),
    };
  };
  if (names.length === 0) {
    const servers = gather(new Map());
    return { hasNames: false, areKnown: () => true, resolve: async () => ({ ...servers, later: () => servers }) };
  }
  const lastUsed = openAgentLog(host.platform, home);
  const knownOf = (name: string, inCase: readonly NamedAddresses[]): Known => ({
    inCase: inCase.find((known) => known.name === name)?.addresses ?? [],
    lastUsed: lastUsed(name),
  });
  return {
    hasNames: true,
    areKnown: (inCase) => names.every((name) => isKnown(knownOf(name, inCase))),
    resolve: async (inCase = [], lookUp = systemLookUp) => {
      const { now, later } = await resolveNames(names, host.timeouts.dns, lookUp, (name) => knownOf(name, inCase));
      return { ...gather(now), later: () => gather(later()) };
    },
  };
}

/** Reads the configuration and resolves its servers. Throws `Failure`. */
export async function readAgentServers(host: Host, home: string, lookUp?: LookUp): Promise<AgentServers> {
  return readNamedServers(host, home).resolve([], lookUp);
}

function readLiteral(text: string): Resolution {
  if (isPlaceholder(text)) return { refused: `${quote(text)} is only a placeholder` };
  const address = parseServer(text);
  return isRefusal(address) ? address : [address];
}

/** Adds a server. One that is named twice gets the protocols of both. */
function merge(servers: Server[], server: Server): void {
  const index = servers.findIndex(({ address, port }) => address.text === server.address.text && port === server.port);
  const known = servers[index];
  if (known === undefined) servers.push(server);
  else servers[index] = { ...known, protocols: [...new Set([...known.protocols, ...server.protocols])] };
}

function readConfiguration(platform: Host['platform'], home: string, file: string): Buffer {
  try {
    return readConfigurationFile(platform, home);
  } catch (error) {
    const why = errorText(error);
    throw new Failure(
      'bad-configuration',
      `${file} cannot be read, so the server is unknown: ${why}. Nothing was changed. Mend that file and repeat ADD.`,
      error,
    );
  }
}

function noServer(file: string, unresolved: readonly string[], leftOut: ReadonlySet<string>): Failure {
  const names = unresolved.length === 0 ? '' : ` These names do not resolve: ${unresolved.join(', ')}.`;
  const values = leftOut.size === 0 ? '' : ` Left out: ${[...leftOut].slice(0, 5).join('; ')}.`;
  return new Failure(
    'no-server',
    `Cannot find an OSSEC server address in ${file}.${names}${values} Nothing was changed. Mend that file and repeat ADD.`,
  );
}
