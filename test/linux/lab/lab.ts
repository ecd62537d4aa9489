import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { LabHost } from './lab-host';
import { type Started, started } from './started';

/** Who is where. The endpoint's neighbours share its link; everybody behind the router does not. */
export const hosts = {
  endpoint: { ip4: '10.1.0.10', ip6: 'fd00:1::10', lan: true },
  handler: { ip4: '10.1.0.50', ip6: 'fd00:1::50', lan: true },
  neighbour: { ip4: '10.1.0.20', ip6: 'fd00:1::20', lan: true },
  bridged: { ip4: '10.1.0.77', ip6: 'fd00:1::77', lan: true },
  routed: { ip4: '10.9.0.9', ip6: 'fd00:9::9', lan: false },
  server: { ip4: '10.2.0.5', ip6: 'fd00:2::5', lan: false },
  second: { ip4: '192.0.2.50', ip6: '2001:db8:50::50', lan: false },
  attacker: { ip4: '203.0.113.66', ip6: '2001:db8:66::66', lan: false },
  internet: { ip4: '198.51.100.80', ip6: '2001:db8:80::80', lan: false },
} as const;

export type HostName = keyof typeof hosts;

const onLan = ['handler', 'neighbour'] as const;
const behindRouter = ['server', 'second', 'attacker', 'internet'] as const;

/**
 * A network of its own in network namespaces: a wire with the endpoint, its neighbours and a router to everybody else.
 * Behind the endpoint are two guests, one bridged to the wire and one routed. Nothing touches this machine's own
 * network or files.
 */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'lab-'));
  readonly home = join(this.folder, 'ossec');
  readonly stateFolder = join(this.folder, 'var', 'contain-host');
  private readonly prefix = `lab${process.pid}`;
  private readonly namespaces: string[] = [];
  private readonly running = new Map<HostName, LabHost>();

  /** `nft`: the endpoint's first one, where it is not this machine's. */
  constructor(private readonly nftAtFirst?: string) {}

  /**
   * The endpoint gets another nft, as by an upgrade of its distribution. Only where it had one of its own from the
   * beginning.
   */
  useNft(program: string): void {
    writeFileSync(join(this.folder, 'nft'), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  }

  /** Throws when a namespace or link cannot be made; `remove` then still cleans up. */
  start(): void {
    if (this.nftAtFirst !== undefined) this.useNft(this.nftAtFirst);
    const script = join(this.folder, 'host.js');
    buildSync({
      entryPoints: [join(__dirname, 'host.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      target: 'node20',
      loader: { '.xml': 'text' },
    });
    for (const path of [join(this.home, 'etc', 'shared'), join(this.home, 'logs'), join(this.folder, 'var')]) {
      mkdirSync(path, { recursive: true });
    }
    this.enableUnit();
    writeFileSync(join(this.folder, 'resolv.conf'), `nameserver ${hosts.internet.ip4}\noptions timeout:1 attempts:1\n`);
    this.nameServer(hosts.server.ip4);
    for (const name of ['wire', 'router', ...Object.keys(hosts)]) this.addNamespace(name);
    this.connect();
    for (const name of Object.keys(hosts) as HostName[]) {
      this.running.set(name, new LabHost(name, this.startCommand(name, script)));
    }
  }

  /** The unit that ships is there and enabled, as a package leaves it. */
  private enableUnit(): void {
    const wants = join(this.folder, 'systemd', 'sysinit.target.wants');
    mkdirSync(wants, { recursive: true });
    const unit = join(__dirname, '..', '..', '..', 'scripts', 'linux', 'contain-host.service');
    copyFileSync(unit, join(this.folder, 'systemd', 'contain-host.service'));
    symlinkSync('/etc/systemd/system/contain-host.service', join(wants, 'contain-host.service'));
  }

  /** Says what address the endpoint finds for the name of its server. */
  nameServer(address: string): void {
    this.setHosts(`${address} ossec.server.test\n`);
  }

  /** What stands in the endpoint's /etc/hosts, which is a mount. */
  setHosts(text: string): void {
    writeFileSync(join(this.folder, 'hosts'), text);
  }

  hostsText(): string {
    return readFileSync(join(this.folder, 'hosts'), 'utf8');
  }

  host(name: HostName): LabHost {
    const found = this.running.get(name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  }

  /** A process in the namespace of a host. */
  pidOf(name: HostName): number {
    return this.host(name).pid;
  }

  /** Runs `nft` in a namespace with commands on its standard input, or arguments. Throws unless it succeeds. */
  nft(name: HostName | 'wire' | 'router', input: string, ...args: readonly string[]): string {
    return this.inside(name, ['nft', ...(args.length === 0 ? ['-f', '-'] : args)], input);
  }

  inside(name: string, command: readonly string[], input = ''): string {
    return must('ip', ['netns', 'exec', this.namespace(name), ...command], input);
  }

  /** Starts a program in a namespace; it says "ready" when it is, and ends with the lab at the latest. */
  async startInside(name: string, command: readonly string[]): Promise<Started> {
    const child = spawn('ip', ['netns', 'exec', this.namespace(name), ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return started(child);
  }

  remove(): void {
    for (const host of this.running.values()) host.stop();
    for (const name of this.namespaces) {
      // Whatever was started inside and has not ended by itself, such as a DHCP client.
      const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
      if (pids.length > 0) spawnSync('kill', ['-9', ...pids]);
      spawnSync('ip', ['netns', 'delete', name]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private namespace(name: string): string {
    return `${this.prefix}-${name}`;
  }

  private addNamespace(name: string): void {
    const namespace = this.namespace(name);
    must('ip', ['netns', 'add', namespace]);
    this.namespaces.push(namespace);
    // Addresses are there at once, and nothing but the lab speaks.
    this.sysctl(name, 'net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0');
    this.ip(name, 'link set lo up');
  }

  private connect(): void {
    this.ip('wire', 'link add lan type bridge mcast_snooping 0', 'link set lan up');
    this.plug('router', '10.1.0.1/24', 'fd00:1::1/64', 'eth0');
    for (const name of onLan) {
      this.plug(name, `${hosts[name].ip4}/24`, `${hosts[name].ip6}/64`, 'eth0');
      this.routeBy(name, '10.1.0.1', 'fd00:1::1');
    }
    this.sysctl('router', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    for (const name of behindRouter) this.putBehindRouter(name);
    this.connectEndpoint();
  }

  /** The endpoint speaks over a bridge, as a host with virtual machines does. */
  private connectEndpoint(): void {
    this.cable('wire', 'endpoint', 'endpoint', 'eth0');
    this.ip('wire', 'link set endpoint master lan');
    this.cable('endpoint', 'guest', 'bridged', 'eth0');
    this.ip('endpoint', 'link add br0 type bridge mcast_snooping 0', 'link set br0 up', 'link set eth0 master br0');
    this.ip('endpoint', 'link set guest master br0');
    this.address('endpoint', 'br0', `${hosts.endpoint.ip4}/24`, `${hosts.endpoint.ip6}/64`);
    this.routeBy('endpoint', '10.1.0.1', 'fd00:1::1');
    this.address('bridged', 'eth0', `${hosts.bridged.ip4}/24`, `${hosts.bridged.ip6}/64`);
    this.routeBy('bridged', '10.1.0.1', 'fd00:1::1');
    this.cable('endpoint', 'container', 'routed', 'eth0');
    this.address('endpoint', 'container', '10.9.0.1/24', 'fd00:9::1/64');
    this.address('routed', 'eth0', `${hosts.routed.ip4}/24`, `${hosts.routed.ip6}/64`);
    this.routeBy('routed', '10.9.0.1', 'fd00:9::1');
    this.ip(
      'router',
      `route add 10.9.0.0/24 via ${hosts.endpoint.ip4}`,
      `route add fd00:9::/64 via ${hosts.endpoint.ip6}`,
    );
    this.sysctl('endpoint', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    // A host whose bridged frames do not pass the IP chains: the harder case.
    this.trySysctl('endpoint', 'net.bridge.bridge-nf-call-iptables=0', 'net.bridge.bridge-nf-call-ip6tables=0');
  }

  private plug(name: string, address4: string, address6: string, device: string): void {
    this.cable('wire', name, name, device);
    this.ip('wire', `link set ${name} master lan`);
    this.address(name, device, address4, address6);
  }

  private putBehindRouter(name: (typeof behindRouter)[number]): void {
    const { ip4, ip6 } = hosts[name];
    const gateway = { ip4: ip4.replace(/\d+$/, '1'), ip6: ip6.replace(/::.*/, '::1') };
    this.cable('router', name, name, 'eth0');
    this.address('router', name, `${gateway.ip4}/24`, `${gateway.ip6}/64`);
    this.address(name, 'eth0', `${ip4}/24`, `${ip6}/64`);
    this.routeBy(name, gateway.ip4, gateway.ip6);
  }

  private cable(from: string, device: string, to: string, farDevice: string): void {
    this.ip(
      from,
      `link add ${device} type veth peer name ${farDevice} netns ${this.namespace(to)}`,
      `link set ${device} up`,
    );
    this.ip(to, `link set ${farDevice} up`);
  }

  private address(name: string, device: string, address4: string, address6: string): void {
    this.ip(name, `address add ${address4} dev ${device}`, `address add ${address6} dev ${device} nodad`);
  }

  private routeBy(name: string, gateway4: string, gateway6: string): void {
    this.ip(name, `route add default via ${gateway4}`, `route add default via ${gateway6}`);
  }

  private ip(name: string, ...commands: readonly string[]): void {
    for (const command of commands) must('ip', ['-n', this.namespace(name), ...command.split(' ')]);
  }

  private sysctl(name: string, ...settings: readonly string[]): void {
    this.inside(name, ['sh', '-ec', settings.map(sysctlCommand).join('\n')]);
  }

  private trySysctl(name: string, ...settings: readonly string[]): void {
    this.inside(name, ['sh', '-c', [...settings.map((one) => `${sysctlCommand(one)} 2>/dev/null`), ':'].join('\n')]);
  }

  /** The endpoint has files of its own where the program, the C library and this machine have theirs. */
  private startCommand(name: HostName, script: string): string[] {
    const node = [process.execPath, script];
    const enter = ['ip', 'netns', 'exec', this.namespace(name)];
    if (name !== 'endpoint') return [...enter, ...node];
    const mounts = [
      `mount --bind "${this.folder}/var" /var/lib`,
      `mount --bind "${this.folder}/resolv.conf" /etc/resolv.conf`,
      `mount --bind "${this.folder}/hosts" /etc/hosts`,
      `mount --bind "${this.folder}/systemd" /etc/systemd/system`,
      ...(this.nftAtFirst === undefined ? [] : [`mount --bind "${this.folder}/nft" /usr/sbin/nft`]),
    ];
    return [...enter, 'unshare', '--mount', 'sh', '-ec', `${mounts.join('\n')}\nexec "$0" "$@"`, ...node];
  }
}

function sysctlCommand(setting: string): string {
  const [key = '', value = ''] = setting.split('=');
  return `echo ${value} > /proc/sys/${key.replaceAll('.', '/')}`;
}

function must(program: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
