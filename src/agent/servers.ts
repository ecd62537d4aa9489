import { lookup } from 'node:dns/promises';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../host';
import { Failure } from '../outcome/failure';
import { type Address, isLoopback, isRefusal, parseHost } from '../policy/address';
import type { Protocol, Server } from '../policy/policy';
import { lastConnectedAddress } from './agent-log';
import { configurationOf } from './home';
import { isHostName, isPlaceholder } from './host-name';
import { defaultProtocols } from './installed';
import { type ConfiguredServer, readConfiguredServers } from './ossec-conf';

/** The agent's servers, ready for rules. */
export interface AgentServers {
  readonly servers: readonly Server[];
  /** Names that did not resolve; the agent cannot use them now either. */
  readonly unresolved: readonly string[];
  readonly needsDns: boolean;
  readonly warnings: readonly string[];
}

/** No configuration that a person wrote is larger. */
const largestFile = 32 * 1024 * 1024;

/**
 * Reads the agent's configuration and resolves every server in it, before anything is changed.
 * Throws `Failure`: `bad-configuration` when the file cannot be read or used, `no-server` when it names none that can be used.
 */
export async function readAgentServers(host: Host, home: string): Promise<AgentServers> {
  const file = configurationOf(host.platform, home);
  const configured = readConfiguredServers(readFile(file), host.platform);
  const warnings: string[] = [];
  const unresolved: string[] = [];
  const servers: Server[] = [];
  const names = [...new Set(configured.map((server) => server.host).filter(isHostName))];
  const resolved = await resolveAll(names, host, home);
  for (const server of configured) {
    const addresses = resolved.get(server.host) ?? literalAddress(server, warnings);
    if (addresses.length === 0 && resolved.has(server.host)) unresolved.push(server.host);
    const protocols = server.protocols ?? defaultProtocols(home);
    for (const address of addresses) merge(servers, { address, port: server.port, protocols });
  }
  if (servers.length === 0) throw noServer(file, unresolved);
  return { servers, unresolved: [...new Set(unresolved)], needsDns: names.length > 0, warnings };
}

function literalAddress({ host }: ConfiguredServer, warnings: string[]): Address[] {
  if (isPlaceholder(host) || isLoopback(host)) return [];
  const address = parseHost(host);
  if (!isRefusal(address)) return [address];
  warnings.push(`A server in ossec.conf is left out: ${address.refused}`);
  return [];
}

/** The same server named twice gets the protocols of both. */
function merge(servers: Server[], server: Server): void {
  const index = servers.findIndex(({ address, port }) => address.text === server.address.text && port === server.port);
  const known = servers[index];
  if (known === undefined) servers.push(server);
  else {
    const protocols: Protocol[] = [...new Set([...known.protocols, ...server.protocols])];
    servers[index] = { ...known, protocols };
  }
}

/** All names at once, under one time limit. What does not answer in time is looked for in the agent's own log. */
async function resolveAll(
  names: readonly string[],
  { platform, patience }: Host,
  home: string,
): Promise<Map<string, Address[]>> {
  const late = new AbortController();
  const limit = wait(patience.dns, [], { signal: late.signal, ref: false }).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => {
      const answers = await Promise.race([lookUp(name), limit]);
      const last = answers.length > 0 ? undefined : lastConnectedAddress(platform, home, name);
      return [name, toAddresses(last === undefined ? answers : [last])] as const;
    }),
  );
  late.abort();
  return new Map(entries);
}

/** As the agent does it, by getaddrinfo: hosts file included, every A and AAAA record. */
async function lookUp(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
  } catch {
    return [];
  }
}

function toAddresses(texts: readonly string[]): Address[] {
  return texts.flatMap((text) => {
    const address = parseHost(text);
    return isRefusal(address) ? [] : [address];
  });
}

function readFile(file: string): Buffer {
  try {
    const fd = openSync(file, 'r');
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw new Error('it is not a file');
      if (stat.size > largestFile) throw new Error(`it is larger than ${largestFile / 1024 / 1024} MiB`);
      const bytes = Buffer.alloc(stat.size);
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new Failure(
      'bad-configuration',
      `${file} cannot be read, so the server is unknown. Nothing was changed.`,
      error,
    );
  }
}

function noServer(file: string, unresolved: readonly string[]): Failure {
  const names = unresolved.length === 0 ? '' : ` These names do not resolve: ${unresolved.join(', ')}.`;
  return new Failure('no-server', `Cannot find an OSSEC server address in ${file}.${names} Nothing was changed.`);
}
