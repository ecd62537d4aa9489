/**
 * Shows the main job on the stand-in for Windows, with the program that ships: a PC with some 300 rules is contained
 * and released, and then one under a security baseline. Never touches the firewall of the machine it runs on.
 *
 *   npm start
 *   npm start -- ADD - 198.51.100.7 --config path/to/ossec.conf --verbose
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

const help = `Usage: npm start -- [ADD - IP_Address] [--config FILE] [--verbose]

Contains and releases two Windows PCs that are played by a stand-in, with the
program that ships; the second is under a security baseline. The firewall of
this machine is never touched.

  ADD - IP_Address   the handler who is let in (default: ADD - 192.0.2.50)
  --config FILE      the agent's ossec.conf, in the place of the built-in one
  --verbose          also print every command that was run, and the log's lines
`;

async function demonstrate(): Promise<number> {
  let options: Options;
  try {
    options = readOptions();
  } catch {
    console.error(`The arguments were not understood.\n${help}`);
    return 1;
  }
  if (options.help) {
    console.log(help);
    return 0;
  }
  let config: Buffer | undefined;
  try {
    config = options.config === undefined ? undefined : readFileSync(options.config);
  } catch {
    console.error(`${options.config} cannot be read. Name an ossec.conf behind --config.`);
    return 1;
  }
  const plain = await showCycle('A Windows PC', typicalHost(), options, config);
  console.log(plain.verdict);
  const managed = await showCycle('The same PC, under a security baseline', baselineHost(), options, config);
  console.log(managed.verdict);
  const exitCode = plain.exitCode || managed.exitCode;
  if (exitCode === 0) {
    console.log('\nWho can talk to whom (first packet; the worst of the three profiles):\n');
    console.log(table(plain.peers, plain.columns, managed.columns));
  }
  for (const { text } of [plain, managed]) console.log(text);
  if (!options.verbose) console.log('Every command that was run: npm start -- --verbose');
  return exitCode;
}

interface Options {
  readonly order: readonly string[];
  readonly config: string | undefined;
  readonly verbose: boolean;
  readonly help: boolean;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      verbose: { type: 'boolean', short: 'v' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const order = positionals.length > 0 ? positionals : ['ADD', '-', '192.0.2.50'];
  return { order, config: values.config, verbose: values.verbose ?? false, help: values.help ?? order[0] === 'help' };
}

/**
 * As the baselines of Microsoft, CIS, the STIG and the NSA have it, everything may go out; and a rule lets somebody in.
 */
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
  /** In one line. */
  readonly verdict: string;
  /** What the program said and, where that was asked for, which commands it ran. */
  readonly text: string;
  readonly peers: readonly Peer[];
  /** What each peer can do before, contained, and released; fewer where an order failed. */
  readonly columns: readonly string[][];
}

async function showCycle(
  what: string,
  description: HostDescription,
  options: Options,
  config: Buffer | undefined,
): Promise<Cycle> {
  const endpoint = new Endpoint(description, '<server-ip>10.0.0.5</server-ip>');
  endpoint.tools = 'real';
  // It talks UDP, so nobody tries whether it answers: no packet leaves this machine.
  endpoint.installVersion('OSSEC HIDS v4.3');
  try {
    if (config !== undefined) endpoint.configure(config);
    return await containAndRelease(what, endpoint, options);
  } finally {
    endpoint.remove();
  }
}

async function containAndRelease(what: string, endpoint: Endpoint, { order, verbose }: Options): Promise<Cycle> {
  const { machine } = endpoint;
  const before = machine.fingerprint();
  const peers = peersOf(endpoint, order.find((word) => /[.:]/.test(word)) ?? '');
  const columns = [reachOf(endpoint, peers)];
  const name = `${what}, ${Object.keys(machine.rules()).length} firewall rules`;
  const added = await run(endpoint, order, verbose);
  columns.push(reachOf(endpoint, peers));
  if (added.exitCode !== 0) {
    const verdict = paint('red', `${name}: ${order[0]} ended with exit code ${added.exitCode}.`);
    return { exitCode: added.exitCode, verdict, text: added.text, peers, columns };
  }
  const released = await run(endpoint, ['DELETE', '-', '-'], verbose);
  columns.push(reachOf(endpoint, peers));
  const same = machine.fingerprint() === before;
  const isGood = released.exitCode === 0 && same;
  const how = isGood
    ? 'contained, and given back as it was.'
    : `release ended with exit code ${released.exitCode}, and the policy ${same ? 'is as before' : 'DIFFERS'}.`;
  const lines = verbose ? `The lines in active-responses.log:\n\n  ${endpoint.audit().join('\n  ')}\n` : '';
  return {
    exitCode: isGood ? 0 : 1,
    verdict: paint(isGood ? 'green' : 'red', `${name}:\n  ${how}`),
    text: `${what}:\n\n${added.text}\n${released.text}\n${lines}`,
    peers,
    columns,
  };
}

/** What the program said and, where that is wanted, the commands that it ran. */
async function run(
  endpoint: Endpoint,
  args: readonly string[],
  verbose: boolean,
): Promise<{ readonly exitCode: number; readonly text: string }> {
  endpoint.machine.forgetCalls();
  const { exitCode, output } = await endpoint.run(...args);
  const commands = endpoint.machine
    .calls()
    .flatMap(({ tool, argv, lines }) => [
      `    ${tool} ${argv.join(' ').replaceAll(endpoint.folder, '')}`,
      ...lines.map((line) => `        ${cutOff(line.text)}`),
    ]);
  const ran = verbose ? `  exit code ${exitCode}; commands:\n${commands.join('\n')}\n` : '';
  return { exitCode: exitCode ?? 1, text: `> contain-host.exe ${args.join(' ')}\n${wrap(output.trim())}\n${ran}` };
}

/** The lines of a seal are long. */
function cutOff(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)} …` : text;
}

/** At most 80 columns, indented by two. */
function wrap(text: string): string {
  return text
    .split('\n')
    .flatMap((line) => line.match(/.{1,76}(?=\s|$)\s?/g) ?? [''])
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

const codes = { red: 31, green: 32 } as const;

function paint(colour: keyof typeof codes, text: string): string {
  return process.stdout.isTTY && process.env.NO_COLOR === undefined ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
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
    udp('OSSEC server, 1514', '10.0.0.5', agentPort, 1514),
    tcp('handler, IPv4', /^[\d.]+$/.test(handler) ? handler : '192.0.2.50', 443, 445),
    ...(handler.includes(':') ? [tcp('handler, IPv6', handler, 443, 445)] : []),
    tcp('internet, IPv4', '203.0.113.66', 443, 445),
    tcp('internet, IPv6', '2001:db8::66', 443, 445),
    udp('DNS', '10.0.0.53', agentPort, 53, 'dnscache'),
    udp('DHCP renewal', '10.0.0.1', 68, 67, 'dhcp'),
    tcp('neighbour SMB, IPv4', '10.0.0.77', 445, 445),
    tcp('neighbour SMB, IPv6', 'fe80::77', 445, 445),
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
    return ways.length === 0 ? '-' : ways.join('+');
  });
}

function table(peers: readonly Peer[], plain: Cycle['columns'], managed: Cycle['columns']): string {
  const rows = [
    ['', 'a PC', '', '', 'under a baseline', '', ''],
    ['', 'before', 'contained', 'released', 'before', 'sealed', 'released'],
    ...peers.map(({ name }, row) => [name, ...[...plain, ...managed].map((column) => column[row] ?? '')]),
  ];
  return `${rows.map((row) => `  ${row.map((cell, index) => cell.padEnd(index === 0 ? 20 : 10)).join('')}`.trimEnd()).join('\n')}\n`;
}

demonstrate().then((exitCode) => {
  process.exitCode = exitCode;
});
