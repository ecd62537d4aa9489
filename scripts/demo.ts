/**
 * Shows the main job on the stand-in for Windows, with the program that ships: a PC with some 300 rules is contained and
 * released. Never touches the firewall of the machine it runs on.
 *
 *   npm start
 *   npm start -- ADD - 198.51.100.7 --config path/to/ossec.conf
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Endpoint } from '../fixtures/endpoint';
import { typicalHost } from '../fixtures/standin/hosts';
import type { Flow, Network, Profile } from '../fixtures/standin/traffic';

const network: Network = { dnsServers: ['10.0.0.53'], dhcpServers: ['10.0.0.1'], localSubnet: ['10.0.0.0/24'] };
const profiles: Profile[] = ['domain', 'private', 'public'];
const agentPort = 50_000;

interface Peer {
  readonly name: string;
  readonly out: Flow;
  readonly in: Flow;
}

async function demonstrate(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { config: { type: 'string' } } });
  const order = positionals.length > 0 ? positionals : ['ADD', '-', '192.0.2.50'];
  const endpoint = new Endpoint(typicalHost(), '<server-ip>10.0.0.5</server-ip>');
  endpoint.tools = 'real';
  try {
    if (values.config !== undefined) endpoint.configure(readFileSync(values.config));
    return await showCycle(endpoint, order);
  } finally {
    endpoint.remove();
  }
}

async function showCycle(endpoint: Endpoint, order: readonly string[]): Promise<number> {
  const { machine } = endpoint;
  const before = machine.fingerprint();
  const peers = peersOf(endpoint, order[2] ?? '');
  const columns = [reachOf(endpoint, peers)];
  console.log(`A Windows PC with ${Object.keys(machine.rules()).length} firewall rules, played by the stand-in.\n`);
  const added = await show(endpoint, order);
  columns.push(reachOf(endpoint, peers));
  if (added !== 0) return added;
  const released = await show(endpoint, ['DELETE', '-', '-']);
  columns.push(reachOf(endpoint, peers));
  console.log('Who can talk to whom (first packet, worst of the three profiles):\n');
  console.log(table(peers, columns));
  console.log('The lines in active-responses.log:\n');
  for (const line of endpoint.audit()) console.log(`  ${line}`);
  const same = machine.fingerprint() === before;
  console.log(
    `\nThe policy after release ${same ? 'equals' : 'DIFFERS FROM'} the one before: ${before.split('\n').length} rules and settings compared.`,
  );
  return released === 0 && same ? 0 : 1;
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
    for (const line of lines) console.log(`        ${line.text}`);
  }
  console.log('');
  return exitCode ?? 1;
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

function table(peers: readonly Peer[], columns: readonly string[][]): string {
  const rows = [
    ['', 'before', 'contained', 'released'],
    ...peers.map(({ name }, row) => [name, ...columns.map((column) => column[row] ?? '')]),
  ];
  return `${rows.map((row) => `  ${row.map((cell, index) => cell.padEnd(index === 0 ? 26 : 12)).join('')}`.trimEnd()).join('\n')}\n`;
}

demonstrate().then((exitCode) => {
  process.exitCode = exitCode;
});
