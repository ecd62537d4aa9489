/**
 * Shows the main job on the stand-in for Windows, with the program that ships: a PC with some 300 rules is contained and
 * released, and then one under a security baseline. Never touches the firewall of the machine it runs on.
 *
 *   npm start
 *   npm start -- ADD - 198.51.100.7 --config path/to/ossec.conf
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Endpoint } from '../fixtures/endpoint';
import { typicalHost } from '../fixtures/standin/hosts';
import type { HostDescription } from '../fixtures/standin/machine';
import { ensureKey, paths } from '../fixtures/standin/registry';
import type { Flow, Network, Profile } from '../fixtures/standin/traffic';

const network: Network = { dnsServers: ['10.0.0.53'], dhcpServers: ['10.0.0.1'], localSubnet: ['10.0.0.0/24'] };
const profiles: Profile[] = ['domain', 'private', 'public'];
const agentPort = 50_000;
const longestShown = 160;

interface Peer {
  readonly name: string;
  readonly out: Flow;
  readonly in: Flow;
}

const usage = `Shows a containment and its release on a PC that is played by the stand-in, and on one under a security baseline.

  npm start
  npm start -- ADD - 198.51.100.7 --config path/to/ossec.conf`;

async function demonstrate(): Promise<number> {
  const { order, config, isHelp } = readArguments();
  if (isHelp) {
    console.log(usage);
    return 0;
  }
  const plain = await showCycle('A Windows PC', typicalHost(), order, config);
  if (plain.exitCode !== 0) return plain.exitCode;
  const managed = await showCycle('The same PC in a domain, under a security baseline', baselineHost(), order, config);
  if (managed.exitCode !== 0) return managed.exitCode;
  console.log('Who can talk to whom (first packet, worst of the three profiles):\n');
  console.log(table(plain.peers, plain.columns, managed.columns));
  return 0;
}

function readArguments(): { order: readonly string[]; config: Buffer | undefined; isHelp: boolean } {
  const options = { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  return {
    order: positionals.length > 0 ? positionals : ['ADD', '-', '192.0.2.50'],
    config: values.config === undefined ? undefined : readFileSync(values.config),
    isHelp: values.help ?? false,
  };
}

/** As Microsoft's, CIS's, the STIG's and the NSA's baselines have it, everything may go out; and a rule lets administrators in. */
function baselineHost(): HostDescription {
  const { registry, ...rest } = typicalHost();
  for (const profile of ['DomainProfile', 'PrivateProfile', 'PublicProfile']) {
    const values = { EnableFirewall: 1, DefaultInboundAction: 1, DefaultOutboundAction: 0 };
    Object.assign(ensureKey(registry, `${paths.gpo}\\${profile}`), values);
  }
  ensureKey(registry, `${paths.gpo}\\FirewallRules`)['{0D0A3E5C-7C1B-4C52-9A57-3A1C0C1D7F11}'] =
    'v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=445|LPort=3389|Name=Administrators from anywhere|';
  return { registry, ...rest };
}

interface Cycle {
  readonly exitCode: number;
  readonly peers: readonly Peer[];
  /** What each peer can do before, contained, and released; fewer where an order failed. */
  readonly columns: readonly string[][];
}

async function showCycle(
  what: string,
  description: HostDescription,
  order: readonly string[],
  config: Buffer | undefined,
): Promise<Cycle> {
  const endpoint = new Endpoint(description, '<server-ip>10.0.0.5</server-ip>');
  endpoint.tools = 'real';
  try {
    if (config !== undefined) endpoint.configure(config);
    return await containAndRelease(what, endpoint, order);
  } finally {
    endpoint.remove();
  }
}

async function containAndRelease(what: string, endpoint: Endpoint, order: readonly string[]): Promise<Cycle> {
  const { machine } = endpoint;
  const before = machine.fingerprint();
  const peers = peersOf(endpoint, order[2] ?? '');
  const columns = [reachOf(endpoint, peers)];
  console.log(`${what} with ${Object.keys(machine.rules()).length} firewall rules, played by the stand-in.\n`);
  const added = await show(endpoint, order);
  columns.push(reachOf(endpoint, peers));
  if (added !== 0) return { exitCode: added, peers, columns };
  const released = await show(endpoint, ['DELETE', '-', '-']);
  columns.push(reachOf(endpoint, peers));
  console.log('The lines in active-responses.log:\n');
  for (const line of endpoint.audit()) console.log(`  ${line}`);
  const same = machine.fingerprint() === before;
  console.log(
    `\nThe policy after release ${same ? 'equals' : 'DIFFERS FROM'} the one before: ${before.split('\n').length} rules and settings compared.\n`,
  );
  return { exitCode: released === 0 && same ? 0 : 1, peers, columns };
}

/** Runs the program and prints what it said and which commands it ran. */
async function show(endpoint: Endpoint, args: readonly string[]): Promise<number> {
  endpoint.machine.forgetCalls();
  console.log(`> contain-host.exe ${args.join(' ')}`);
  const { exitCode, output } = await endpoint.run(...args);
  console.log(output.trim().replace(/^/gm, '  '));
  console.log(`  exit code ${exitCode}; commands:`);
  for (const { tool, argv, lines } of endpoint.machine.calls()) {
    console.log(`    ${tool} ${argv.join(' ').replaceAll(endpoint.folder, '')}`);
    for (const line of lines) console.log(`        ${cutOff(line.text)}`);
  }
  console.log('');
  return exitCode ?? 1;
}

/** The lines of a seal are long. */
function cutOff(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)} …` : text;
}

function peersOf({ machine }: Endpoint, handler: string): Peer[] {
  const tcp = (name: string, remote: string, outPort: number, inPort: number): Peer => ({
    name,
    out: { direction: 'out', protocol: 'tcp', localPort: agentPort, remotePort: outPort, remote },
    in: { direction: 'in', protocol: 'tcp', localPort: inPort, remotePort: agentPort, remote, program: 'System' },
  });
  const udp = (name: string, remote: string, localPort: number, remotePort: number, service?: string): Peer => {
    const flow = {
      protocol: 'udp',
      localPort,
      remotePort,
      remote,
      program: `${machine.systemRoot}\\system32\\svchost.exe`,
    } as const;
    const served = service === undefined ? flow : { ...flow, service };
    return { name, out: { ...served, direction: 'out' }, in: { ...served, direction: 'in' } };
  };
  return [
    udp('OSSEC server, 1514/udp', '10.0.0.5', agentPort, 1514),
    tcp('handler, IPv4', handler.includes(':') ? '192.0.2.50' : handler, 443, 445),
    ...(handler.includes(':') ? [tcp('handler, IPv6', handler, 443, 445)] : []),
    tcp('internet, IPv4', '203.0.113.66', 443, 445),
    tcp('internet, IPv6', '2001:db8::66', 443, 445),
    udp('DNS', '10.0.0.53', agentPort, 53, 'dnscache'),
    udp('DHCP renewal', '10.0.0.1', 68, 67, 'dhcp'),
    tcp('neighbour, SMB, IPv4', '10.0.0.77', 445, 445),
    tcp('neighbour, SMB, IPv6', 'fe80::77', 445, 445),
  ];
}

/** What each peer can do now: "out", "in", both or nothing. */
function reachOf({ machine }: Endpoint, peers: readonly Peer[]): string[] {
  const open = (flow: Flow, every: boolean): boolean => {
    const answers = profiles.map((profile) => machine.verdict(profile, flow, network).answer === 'allowed');
    return every ? answers.every(Boolean) : answers.some(Boolean);
  };
  const allowedOnPurpose = ['OSSEC', 'handler', 'DHCP'];
  return peers.map((peer) => {
    // For those who must get through the worst profile is the one that blocks, for all others the one that does not.
    const every = allowedOnPurpose.some((start) => peer.name.startsWith(start));
    const ways = [open(peer.out, every) ? 'out' : '', open(peer.in, every) ? 'in' : ''].filter((way) => way !== '');
    return ways.length === 0 ? '-' : ways.join(' + ');
  });
}

function table(peers: readonly Peer[], plain: Cycle['columns'], managed: Cycle['columns']): string {
  const rows = [
    ['', 'a PC', '', '', 'under a baseline', '', ''],
    ['', 'before', 'contained', 'released', 'before', 'sealed', 'released'],
    ...peers.map(({ name }, row) => [name, ...[...plain, ...managed].map((column) => column[row] ?? '')]),
  ];
  return `${rows.map((row) => `  ${row.map((cell, index) => cell.padEnd(index === 0 ? 26 : 12)).join('')}`.trimEnd()).join('\n')}\n`;
}

demonstrate().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 1;
  },
);
